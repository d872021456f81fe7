/**
 * A policy for questions about all of its rules. The decision engine starts with two contexts and looks rules up; here rules come first,
 * so their attributes are resolved to types.
 */
import type { MetRule, RuleCondition } from '../decide/explain.ts';
import { PolicyState } from '../decide/policy-state.ts';
import type { AvTable } from '../policy/avtab.ts';
import type { PolicyDb } from '../policy/policydb.ts';

/** A rule, in force or not; what it names are types or attributes. */
export interface PolicyRule extends MetRule {
  readonly class: number;
  /** AVTAB_* bit. */
  readonly kind: number;
}

export class AnalysedPolicy {
  readonly db: PolicyDb;
  /** With the booleans of the image. */
  readonly state: PolicyState;
  #members: readonly (readonly number[])[] | undefined;

  constructor(db: PolicyDb) {
    this.db = db;
    this.state = new PolicyState(db);
  }

  /** Types that a rule means that names this type or attribute: values, ascending. */
  members(value: number): readonly number[] {
    this.#members ??= membersOf(this.db);
    return this.#members[value] ?? [];
  }

  /** Types and attributes by which a rule means one of these types. Index = value, 1 = it does. */
  naming(types: Iterable<number>): Uint8Array {
    const naming = new Uint8Array(this.db.types.maximum + 1);
    for (const type of types) for (const name of this.db.typeAttributes.of(type)) naming[name] = 1;
    return naming;
  }

  /** Those of some kinds, unconditional ones first. @param kinds AVTAB_* bits. */
  *rules(kinds: number): IterableIterator<PolicyRule> {
    const { db, state } = this;
    for (let rule = 0; rule < db.rules.length; rule++) {
      if ((db.rules.kind(rule) & kinds) !== 0) yield ruleAt(db.rules, rule, undefined, true);
    }
    for (const [block, { whenTrue, whenFalse }] of db.conditionals.entries()) {
      for (const [when, { start, end }] of [[true, whenTrue] as const, [false, whenFalse] as const]) {
        const condition = { block, when };
        for (let rule = start; rule < end; rule++) {
          if ((db.conditionalRules.kind(rule) & kinds) === 0) continue;
          yield ruleAt(db.conditionalRules, rule, condition, state.isEnabled(rule));
        }
      }
    }
  }
}

function ruleAt(table: AvTable, rule: number, condition: RuleCondition | undefined, inForce: boolean): PolicyRule {
  return {
    table,
    rule,
    sourceType: table.source(rule),
    targetType: table.target(rule),
    class: table.targetClass(rule),
    kind: table.kind(rule),
    condition,
    inForce,
  };
}

/** By value of a type or attribute. */
function membersOf({ types, typeAttributes }: PolicyDb): readonly (readonly number[])[] {
  const members: number[][] = Array.from({ length: types.maximum + 1 }, () => []);
  for (const { value, attribute } of types.inValueOrder()) {
    if (!attribute) for (const name of typeAttributes.of(value)) members[name]?.push(value);
  }
  return members;
}
