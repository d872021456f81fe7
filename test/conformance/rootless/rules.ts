/**
 * Why answers differ for a user without privileges (differences.json). A rule says which fields of which steps may
 * differ, and how; a difference is explained when there is a rule for each of its fields. Nothing is equalled: the
 * score counts every difference.
 */
import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { type Difference, EXTRA, MISSING } from '../compare.ts';

const Pattern = v.pipe(v.string(), v.nonEmpty());

const Rules = v.array(
  v.strictObject({
    reason: v.pipe(v.string(), v.minLength(10)),
    /** Only in runs of this target. */
    target: v.optional(v.picklist(['user', 'mapped'])),
    /** Regular expressions for the whole name, key and operation; absent: any. */
    scenario: v.optional(Pattern),
    step: v.optional(Pattern),
    op: v.optional(Pattern),
    /** Occurs in the description of the step. */
    what: v.optional(Pattern),
    /** Fields that it is about; absent: any. `<missing>`: there is no answer, `<extra>`: there was none. */
    fields: v.optional(v.array(v.string())),
    /** Occur in the field's value as JSON; of the whole answer for `<missing>` and `<extra>`. */
    expected: v.optional(Pattern),
    actual: v.optional(Pattern),
    /** What turns the kernel's value, as JSON, into ours: expression and replacement, one after the other. */
    replace: v.optional(v.array(v.tuple([Pattern, v.string()]))),
  }),
);

export type Rule = v.InferOutput<typeof Rules>[number];

export function readRules(file: string): Rule[] {
  return v.parse(Rules, JSON.parse(readFileSync(file, 'utf8')));
}

const Apart = v.array(
  v.strictObject({
    reason: v.pipe(v.string(), v.minLength(10)),
    target: v.optional(v.picklist(['user', 'mapped'])),
    /** Regular expression for the whole name. */
    scenario: Pattern,
  }),
);

/** Scenarios that make no sense without root (not-run.json). */
export type Apart = v.InferOutput<typeof Apart>[number];

export function readApart(file: string): Apart[] {
  return v.parse(Apart, JSON.parse(readFileSync(file, 'utf8')));
}

export function isApart(apart: readonly Apart[], target: string, scenario: string): boolean {
  return apart.some((one) => (one.target === undefined || one.target === target) && whole(one.scenario, scenario));
}

/** Does it name single steps, rather than say what is so everywhere? */
export function isByName(rule: Rule): boolean {
  return rule.scenario !== undefined && rule.step !== undefined;
}

function whole(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || new RegExp(`^(?:${pattern})$`, 's').test(text);
}

function occurs(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || new RegExp(pattern, 's').test(text);
}

function explainsField(rule: Rule, field: string, difference: Difference): boolean {
  if (rule.fields !== undefined && !rule.fields.includes(field)) return false;
  const all = field === MISSING || field === EXTRA;
  const value = (side: Difference['actual']): string => JSON.stringify(all ? side : side?.[field]) ?? '';
  const [expected, actual] = [value(difference.expected), value(difference.actual)];
  if (!occurs(rule.expected, expected) || !occurs(rule.actual, actual)) return false;
  if (rule.replace === undefined) return true;
  return rule.replace.reduce((text, [from, to]) => text.replace(new RegExp(from, 'g'), to), expected) === actual;
}

/** @returns the rule for the first field; `undefined` when there is a field without one. */
export function explanation(
  rules: readonly Rule[],
  target: string,
  scenario: string,
  difference: Difference,
): Rule | undefined {
  const candidates = rules.filter(
    (rule) =>
      (rule.target === undefined || rule.target === target) &&
      whole(rule.scenario, scenario) &&
      whole(rule.step, difference.key) &&
      whole(rule.op, difference.op) &&
      occurs(rule.what, difference.what),
  );
  const found = difference.fields.map((field) => candidates.find((rule) => explainsField(rule, field, difference)));
  return found.includes(undefined) ? undefined : found[0];
}
