/**
 * The conditions of several policies in the same words. Expressions are the same if they have the same value for all values of their
 * booleans, whatever their form.
 */
import type { RuleCondition } from '../decide/explain.ts';
import { conditionValue } from '../decide/policy-state.ts';
import { CONDITION_BOOLEAN } from '../policy/conditional.ts';
import type { PolicyDb } from '../policy/policydb.ts';
import { conditionText } from '../why/expression-text.ts';

/** Booleans of an expression beyond which it is known by its text: each doubles the values. The kernel evaluates no more than 10. */
const MANY_BOOLEANS = 10;

export class Conditions {
  /** Text of the first expression that has these values. */
  readonly #texts = new Map<string, string>();
  /** By policy and block. */
  readonly #known = new Map<PolicyDb, string[]>();

  /** `while (httpd_unified) is true` */
  text(db: PolicyDb, { block, when }: RuleCondition): string {
    const known = this.#known.get(db) ?? [];
    this.#known.set(db, known);
    const expression = known[block] ?? this.#expression(db, block);
    known[block] = expression;
    return `while (${expression}) is ${when}`;
  }

  #expression(db: PolicyDb, block: number): string {
    const node = db.conditionals[block];
    if (node === undefined) return '?';
    const text = conditionText(db, node.expression);
    const values = valuesOf(db, block) ?? text;
    const first = this.#texts.get(values) ?? text;
    this.#texts.set(values, first);
    return first;
  }
}

/**
 * Booleans of an expression and its value for each of their values: `a,b 0001`, where the first is the highest bit.
 * `undefined`: it has too many.
 */
export function valuesOf(db: PolicyDb, block: number): string | undefined {
  const expression = db.conditionals[block]?.expression ?? [];
  const used = new Set(expression.filter(({ kind }) => kind === CONDITION_BOOLEAN).map(({ boolean }) => boolean));
  if (used.size > MANY_BOOLEANS) return undefined;
  const named = Array.from(used, (value) => ({ value, name: db.booleans.nameOf(value) ?? '?' }));
  named.sort((a, b) => (a.name < b.name ? -1 : 1));
  const state = new Uint8Array(db.booleans.maximum);
  const values = Array.from({ length: 2 ** named.length }, (_, row) => {
    for (const [i, { value }] of named.entries()) state[value - 1] = (row >> (named.length - 1 - i)) & 1;
    return Number(conditionValue(expression, state) ?? '?');
  });
  return `${named.map(({ name }) => name).join(',')} ${values.join('')}`;
}
