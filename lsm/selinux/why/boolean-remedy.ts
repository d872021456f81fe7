/**
 * Which booleans would have to change: the fewest that put a conditional rule in force and so make the whole decision allow.
 */
import { computeAv } from '../decide/access.ts';
import type { MetRule } from '../decide/explain.ts';
import { PolicyState } from '../decide/policy-state.ts';
import { CONDITION_BOOLEAN } from '../policy/conditional.ts';
import type { Context } from '../policy/policydb.ts';

/** Expressions have a handful of booleans; of a long one only so many are tried. */
const MAX_BOOLEANS = 6;

export interface BooleanChange {
  readonly name: string;
  readonly value: 0 | 1;
}

/**
 * @param rules conditional rules that are not in force.
 * @returns the smallest sets of changes, one for each condition that helps; tried out, not deduced.
 */
export function booleansThatAllow(
  state: PolicyState,
  question: {
    readonly source: Context;
    readonly target: Context;
    readonly class: number;
    readonly permissions: number;
  },
  rules: readonly MetRule[],
): readonly (readonly BooleanChange[])[] {
  const trial = new PolicyState(state.db);
  const allows = (changes: readonly BooleanChange[], before: Uint8Array): boolean => {
    const values = before.slice();
    for (const { name, value } of changes) values[(state.db.booleans.byName(name)?.value ?? 1) - 1] = value;
    trial.setBooleans(values);
    const { allowed } = computeAv(trial, question.source, question.target, question.class);
    return (question.permissions & ~allowed) === 0;
  };
  const blocks = new Set(rules.flatMap(({ condition, inForce }) => (condition && !inForce ? [condition.block] : [])));
  const found = new Map<string, readonly BooleanChange[]>();
  for (const block of blocks) {
    const changes = subsetsBySize(changesOf(state, block)).find((subset) => allows(subset, state.booleans));
    if (changes !== undefined) found.set(JSON.stringify(changes), changes);
  }
  return [...found.values()].sort((a, b) => a.length - b.length);
}

function changesOf({ db, booleans }: PolicyState, block: number): BooleanChange[] {
  const terms = (db.conditionals[block]?.expression ?? []).filter(({ kind }) => kind === CONDITION_BOOLEAN);
  const values = [...new Set(terms.map(({ boolean }) => boolean))].slice(0, MAX_BOOLEANS);
  return values.map((value) => ({
    name: db.booleans.nameOf(value) ?? '?',
    value: booleans[value - 1] === 1 ? 0 : 1,
  }));
}

/** Non-empty subsets, small ones first. */
function subsetsBySize<T>(items: readonly T[]): T[][] {
  const subsets = Array.from({ length: 2 ** items.length - 1 }, (_, i) =>
    items.filter((_item, bit) => (((i + 1) >> bit) & 1) === 1),
  );
  return subsets.sort((a, b) => a.length - b.length);
}
