/**
 * Differences that are known and explained (known-differences.json). The list is exact: a difference that it does not name fails, and a
 * step that it names but that is equal fails too. So does a difference with another value than the one that is pinned (known-values.ts).
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Difference } from './compare.ts';
import { differingValue, type KnownValues } from './known-values.ts';

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

const Pattern = v.pipe(v.string(), v.nonEmpty(), v.check(isPattern, 'not a regular expression'));

const KnownFile = v.array(
  v.strictObject({
    /** Matches the whole scenario name. */
    scenario: Pattern,
    /** Matches the whole key of an outcome. */
    step: Pattern,
    /** Only these fields may differ; absent: any. */
    fields: v.optional(v.pipe(v.array(v.string()), v.minLength(1))),
    reason: v.pipe(v.string(), v.minLength(10)),
    /** Why the value that differs is not pinned: it is another each time. */
    varies: v.optional(v.pipe(v.string(), v.minLength(10))),
    /** Date or version it was first seen. */
    since: v.pipe(v.string(), v.nonEmpty()),
  }),
);

export type KnownDifference = v.InferOutput<typeof KnownFile>[number];

export class KnownDifferencesError extends Error {
  override readonly name = 'KnownDifferencesError';
}

export function parseKnownDifferences(text: string): KnownDifference[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new KnownDifferencesError(`known differences: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = v.safeParse(KnownFile, content);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new KnownDifferencesError(`known differences: ${v.getDotPath(issue) ?? 'top level'}: ${issue.message}`);
}

export function readKnownDifferences(file: string): KnownDifference[] {
  return parseKnownDifferences(readFileSync(file, 'utf8'));
}

function matchesWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`, 's').test(text);
}

export interface KnownStep {
  readonly difference: Difference;
  readonly reason: string;
  readonly varies?: string | undefined;
}

export interface Judgement {
  readonly known: readonly KnownStep[];
  readonly unexpected: readonly Difference[];
  /** Listed steps that were equal, entries that name no step at all, and pinned values of what does not differ, or varies. */
  readonly stale: readonly string[];
}

function covers(entry: KnownDifference, difference: Difference): boolean {
  const { fields } = entry;
  return (
    matchesWhole(entry.step, difference.key) &&
    (fields === undefined || difference.fields.every((name) => fields.includes(name)))
  );
}

/** Fields of a difference that the list does not name. Empty: all of it is known. */
export function fieldsNotKnown(
  scenario: string,
  difference: Difference,
  list: readonly KnownDifference[],
): readonly string[] {
  const entries = list.filter(
    (entry) => matchesWhole(entry.scenario, scenario) && matchesWhole(entry.step, difference.key),
  );
  return difference.fields.filter(
    (name) => !entries.some(({ fields }) => fields === undefined || fields.includes(name)),
  );
}

/** Sorts the differences of one scenario. `keys`: all outcomes of the golden, to find listed ones that are equal. */
export function judge(
  scenario: string,
  keys: Iterable<string>,
  differences: readonly Difference[],
  list: readonly KnownDifference[],
  values: KnownValues = {},
): Judgement {
  const pins = values[scenario] ?? {};
  const entries = list.filter((entry) => matchesWhole(entry.scenario, scenario));
  const known: KnownStep[] = [];
  const unexpected: Difference[] = [];
  const mayBePinned = new Set<string>();
  for (const difference of differences) {
    const entry = entries.find((candidate) => covers(candidate, difference));
    const pin = pins[difference.key];
    if (entry !== undefined && entry.varies === undefined) mayBePinned.add(difference.key);
    if (entry === undefined) unexpected.push(difference);
    else if (entry.varies === undefined && pin !== undefined && pin !== differingValue(difference)) {
      unexpected.push({ ...difference, what: `${difference.what} (known to differ, but as ${pin})` });
    } else known.push({ difference, reason: entry.reason, varies: entry.varies });
  }
  const different = new Set(differences.map((difference) => difference.key));
  const all = new Set([...keys, ...different]);
  const stale: string[] = [];
  for (const entry of entries) {
    const named = [...all].filter((key) => matchesWhole(entry.step, key));
    const equal = named.filter((key) => !different.has(key));
    if (named.length === 0) stale.push(`${scenario} ${entry.step}: names no step`);
    for (const key of equal) stale.push(`${scenario} ${key}: listed as different, but is equal (${entry.reason})`);
  }
  for (const key of Object.keys(pins))
    if (!mayBePinned.has(key))
      stale.push(`${scenario} ${key}: its value is pinned, but no listed difference has it (--pin)`);
  return { known, unexpected, stale };
}

/** Entries whose scenario pattern matches none of the scenarios there are, and pinned values of others. */
export function entriesWithoutScenario(
  list: readonly KnownDifference[],
  scenarios: readonly string[],
  values: KnownValues = {},
): string[] {
  const entries = list
    .filter((entry) => !scenarios.some((name) => matchesWhole(entry.scenario, name)))
    .map((entry) => `${entry.scenario} ${entry.step}: names no scenario`);
  const pinned = Object.keys(values).filter((name) => !scenarios.includes(name));
  return [...entries, ...pinned.map((name) => `${name}: values are pinned of no scenario`)];
}
