/**
 * A policy with its run-time state: boolean values, and which conditional rules they enable.
 */
import {
  CONDITION_AND,
  CONDITION_BOOLEAN,
  CONDITION_EQ,
  CONDITION_NE,
  CONDITION_NOT,
  CONDITION_OR,
  CONDITION_XOR,
  type ConditionalNode,
  type RuleSpan,
} from '../policy/conditional.ts';
import type { PolicyDb } from '../policy/policydb.ts';

/** Value of a condition; `undefined` (both lists off) when its expression is malformed or too deep. */
export type ConditionValue = boolean | undefined;

/** COND_EXPR_MAXDEPTH */
const MAX_DEPTH = 10;

export class PolicyState {
  readonly db: PolicyDb;
  /** Present values, 0 or 1; index = boolean value - 1. Change them with {@link setBooleans} only. */
  readonly booleans: Uint8Array;
  /** By conditional block. */
  readonly #conditions: ConditionValue[] = [];
  /** By rule of `db.conditionalRules`: 1 = in force. */
  readonly #enabled: Uint8Array;

  constructor(db: PolicyDb) {
    this.db = db;
    this.#enabled = new Uint8Array(db.conditionalRules.length);
    this.booleans = new Uint8Array(db.booleans.maximum);
    for (const { value, state } of db.booleans.inValueOrder()) this.booleans[value - 1] = state;
    this.#evaluate();
  }

  /** Takes new values (same indexing) and re-evaluates all conditions. */
  setBooleans(values: ArrayLike<number>): void {
    for (let i = 0; i < this.booleans.length; i++) this.booleans[i] = values[i] ? 1 : 0;
    this.#evaluate();
  }

  /** Takes over the values of an older policy, by name, and re-evaluates all conditions. */
  inheritBooleans(older: PolicyState): void {
    for (const { name, value } of older.db.booleans.inValueOrder()) {
      const here = this.db.booleans.byName(name);
      if (here !== undefined) this.booleans[here.value - 1] = older.booleans[value - 1] ?? 0;
    }
    this.#evaluate();
  }

  isEnabled(conditionalRule: number): boolean {
    return this.#enabled[conditionalRule] === 1;
  }

  /** Value of a conditional block, by its number in `db.conditionals`. */
  condition(block: number): ConditionValue {
    return this.#conditions[block];
  }

  #evaluate(): void {
    this.db.conditionals.forEach((node, index) => {
      const value = conditionValue(node.expression, this.booleans);
      this.#conditions[index] = value;
      this.#enable(node.whenTrue, value === true);
      this.#enable(node.whenFalse, value === false);
    });
  }

  #enable(rules: RuleSpan, on: boolean): void {
    this.#enabled.fill(on ? 1 : 0, rules.start, rules.end);
  }
}

/** @param booleans 0 or 1; index = boolean value - 1. */
export function conditionValue(expression: ConditionalNode['expression'], booleans: Uint8Array): ConditionValue {
  const stack: boolean[] = [];
  for (const term of expression) {
    if (term.kind === CONDITION_BOOLEAN) {
      const state = booleans[term.boolean - 1];
      if (stack.length === MAX_DEPTH || state === undefined) return undefined;
      stack.push(state === 1);
      continue;
    }
    const right = stack.pop();
    if (right === undefined) return undefined;
    if (term.kind === CONDITION_NOT) {
      stack.push(!right);
      continue;
    }
    const left = stack.pop();
    if (left === undefined) return undefined;
    switch (term.kind) {
      case CONDITION_OR:
        stack.push(left || right);
        break;
      case CONDITION_AND:
        stack.push(left && right);
        break;
      case CONDITION_XOR:
      case CONDITION_NE:
        stack.push(left !== right);
        break;
      case CONDITION_EQ:
        stack.push(left === right);
        break;
      default:
        return undefined;
    }
  }
  return stack[0];
}
