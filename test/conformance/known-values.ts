/**
 * What lsmfs answers where it is known to differ (known-values.json): so a difference that becomes another one is seen. Written by
 * `npm run conformance -- --pin`; an entry of known-differences.json that says why its value `varies` has none.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Difference } from './compare.ts';

/** Longer values are kept as their digest. */
const LONGEST = 200;

const ValuesFile = v.record(v.string(), v.record(v.string(), v.string()));

/** Scenario -> key of the step -> value. */
export type KnownValues = v.InferOutput<typeof ValuesFile>;

/** The actual answer in the fields that differ, as text: JSON, or its SHA-256. */
export function differingValue({ fields, actual }: Difference): string {
  if (actual === undefined) return 'no outcome';
  const named = fields.filter((name) => !name.startsWith('<'));
  const differing = named.length === 0 ? actual : Object.fromEntries(named.map((name) => [name, actual[name] ?? null]));
  const text = JSON.stringify(differing);
  return text.length <= LONGEST ? text : `sha256 ${createHash('sha256').update(text).digest('hex')}`;
}

/** No file: nothing is pinned. */
export function readKnownValues(file: string): KnownValues {
  return existsSync(file) ? v.parse(ValuesFile, JSON.parse(readFileSync(file, 'utf8'))) : {};
}

function sorted<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `before` with the values of the scenarios that ran, as the text of the file. */
export function pinnedText(
  before: KnownValues,
  results: Iterable<{ readonly scenario: string; readonly known: readonly PinnedStep[] }>,
): string {
  const values: Record<string, Record<string, string>> = { ...before };
  for (const { scenario, known } of results) {
    const pins = known.filter(({ varies }) => varies === undefined);
    if (pins.length === 0) delete values[scenario];
    else
      values[scenario] = Object.fromEntries(pins.map(({ difference }) => [difference.key, differingValue(difference)]));
  }
  return `${JSON.stringify(sorted(values), null, 2)}\n`;
}

interface PinnedStep {
  readonly difference: Difference;
  readonly varies?: string | undefined;
}
