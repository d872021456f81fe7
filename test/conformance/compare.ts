/** Step-by-step comparison of two outcome files. */
import { isDeepStrictEqual } from 'node:util';
import type { Outcome, Outcomes } from './outcomes.ts';

/** Fields that describe the step and are no answer. */
const DESCRIPTIVE: ReadonlySet<string> = new Set(['what', 'op', 'note']);

/** Stand for a field list where one side has no such outcome. */
export const MISSING = '<missing>';
export const EXTRA = '<extra>';

export interface Difference {
  readonly key: string;
  readonly op: string;
  readonly what: string;
  /** Names of the fields that differ, or MISSING (not in the actual file) or EXTRA (only there). */
  readonly fields: readonly string[];
  readonly expected: Outcome | undefined;
  readonly actual: Outcome | undefined;
}

function differingFields(a: Outcome, b: Outcome): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter((name) => !DESCRIPTIVE.has(name) && !isDeepStrictEqual(a[name], b[name])).sort();
}

function difference(key: string, expected: Outcome | undefined, actual: Outcome | undefined): Difference | undefined {
  let fields: string[];
  if (expected === undefined) fields = [EXTRA];
  else if (actual === undefined) fields = [MISSING];
  else fields = differingFields(expected, actual);
  if (fields.length === 0) return undefined;
  const described = expected ?? actual;
  return {
    key,
    op: String(described?.op ?? '?'),
    what: String(described?.what ?? ''),
    fields,
    expected,
    actual,
  };
}

/** Every key that the two disagree on, in the order of the golden; outcomes only in the actual file come last. */
export function compareOutcomes(golden: Outcomes, actual: Outcomes): Difference[] {
  const keys = new Set([...golden.keys(), ...actual.keys()]);
  return [...keys]
    .map((key) => difference(key, golden.get(key), actual.get(key)))
    .filter((found) => found !== undefined);
}

const LONGEST_VALUE = 400;

function shown(outcome: Outcome | undefined, fields: readonly string[]): string {
  if (outcome === undefined) return '(no such outcome)';
  const whole = fields.includes(MISSING) || fields.includes(EXTRA);
  const names = Object.keys(outcome).filter((name) => name !== 'k' && !DESCRIPTIVE.has(name));
  const text = names
    .filter((name) => whole || fields.includes(name))
    .map((name) => `${name}=${JSON.stringify(outcome[name])}`)
    .join(' ');
  return text === '' ? '(nothing)' : text;
}

/** @param from where the two texts begin to differ: of long ones, what lies around that is shown. */
function cut(text: string, from: number): string {
  if (text.length <= LONGEST_VALUE) return text;
  const begin = Math.max(0, from - LONGEST_VALUE / 4);
  const part = text.slice(begin, begin + LONGEST_VALUE);
  return `${begin === 0 ? '' : '...'}${part}${begin + part.length === text.length ? '' : '...'}`;
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** Three lines, whatever the step writes: the step, what the kernel answers, what came. */
export function describeDifference(scenario: string, found: Difference): string {
  const expected = shown(found.expected, found.fields);
  const actual = shown(found.actual, found.fields);
  const from = commonLength(expected, actual);
  return [
    `${scenario} ${found.key}: ${found.op} ${found.what.replaceAll('\n', '\\n')}`,
    `  expected ${cut(expected, from)}`,
    `  actual   ${cut(actual, from)}`,
  ].join('\n');
}
