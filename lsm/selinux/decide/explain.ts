/**
 * Why an access decision is what it is: the rules that met, and everything that took permissions away again.
 *
 * Model: the decision of access.ts is rules & ~constraints & ~role & ~bounds. Each part is kept with what it came from,
 * and independently of the others, so a denied permission shows all its obstacles and not only the first. The vectors
 * are derived from these parts and from nothing else; that they equal computeAv's is a test.
 */
import { AVTAB_ALLOWED, AVTAB_AUDITALLOW, AVTAB_AUDITDENY, type AvTable } from '../policy/avtab.ts';
import type { Constraint } from '../policy/datums.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import {
  ALL_PERMISSIONS,
  type AvDecision,
  boundingContexts,
  decideUnknown,
  FLAG_NEVERAUDIT,
  FLAG_PERMISSIVE,
  roleMayChange,
} from './access.ts';
import { constraintHolds } from './constraints.ts';
import type { PolicyState } from './policy-state.ts';
import { visitRules } from './rule-walk.ts';

/** A rule that met the question. */
export interface MetRule {
  readonly table: AvTable;
  readonly rule: number;
  /** As the rule names them: types or attributes. */
  readonly sourceType: number;
  readonly targetType: number;
  /** The conditional block that it stands in. */
  readonly condition: RuleCondition | undefined;
  readonly inForce: boolean;
}

export interface RuleCondition {
  /** Number in `db.conditionals`. */
  readonly block: number;
  /** The value of its expression that puts the rule in force. */
  readonly when: boolean;
}

export interface BoundsExplanation {
  readonly source: Context;
  readonly target: Context;
  readonly explanation: VectorExplanation;
}

export interface VectorExplanation {
  /** Every rule of any kind, those of conditions that do not hold included. */
  readonly rules: readonly MetRule[];
  /** The constraints of the class that are false for these contexts. */
  readonly falseConstraints: readonly Constraint[];
  /** Permissions that need a role allow which the policy does not have. */
  readonly roleDenied: number;
  /** The decision that limits this one, when the source type has bounds. */
  readonly bounds: BoundsExplanation | undefined;
  readonly allowed: number;
  readonly auditallow: number;
  readonly auditdeny: number;
}

export interface Explanation extends AvDecision {
  /** Absent when no rule was asked: an unknown class, or a source type that is permissive and never audited. */
  readonly vectors: VectorExplanation | undefined;
}

/** @param classValue the policy's; 0 = a class that it does not have. */
export function explain(state: PolicyState, source: Context, target: Context, classValue: number): Explanation {
  const { db } = state;
  const permissive = db.permissiveTypes.has(source.type);
  const neveraudit = db.neverauditTypes.has(source.type);
  const flags = (permissive ? FLAG_PERMISSIVE : 0) | (neveraudit ? FLAG_NEVERAUDIT : 0);
  if (permissive && neveraudit) {
    return { allowed: ALL_PERMISSIONS, auditallow: 0, auditdeny: 0, flags, vectors: undefined };
  }
  if (classValue === 0) return { ...decideUnknown(db, flags), vectors: undefined };
  const vectors = explainVectors(state, source, target, classValue);
  const { allowed, auditallow, auditdeny } = vectors;
  if (neveraudit) return { allowed, auditallow: 0, auditdeny: 0, flags, vectors };
  return { allowed, auditallow, auditdeny, flags, vectors };
}

function explainVectors(state: PolicyState, source: Context, target: Context, classValue: number): VectorExplanation {
  const { db } = state;
  const rules = metRules(state, source, target, classValue);
  const data = (kind: number) => rulesInForce(rules, kind).map(({ table, rule }) => table.data(rule));
  const union = (vectors: readonly number[]) => vectors.reduce((all, vector) => all | vector, 0);
  const falseConstraints = (db.classes.byValue(classValue)?.constraints ?? []).filter(
    ({ expression }) => !constraintHolds(db, expression, source, target),
  );
  const transitions = classValue === db.processClass ? db.processTransition | db.processDyntransition : 0;
  const roleDenied = roleMayChange(db, source, target) ? 0 : transitions;
  const bounds = explainBounds(state, source, target, classValue);
  const granted = union(data(AVTAB_ALLOWED));
  const constrained = union(falseConstraints.map(({ permissions }) => permissions));
  const allowed = granted & ~constrained & ~roleDenied & (bounds?.explanation.allowed ?? ALL_PERMISSIONS);
  return {
    rules,
    falseConstraints,
    roleDenied,
    bounds,
    allowed: allowed >>> 0,
    auditallow: union(data(AVTAB_AUDITALLOW)) >>> 0,
    auditdeny: data(AVTAB_AUDITDENY).reduce((all, vector) => all & vector, -1) >>> 0,
  };
}

/** The rules of one kind that count. */
export function rulesInForce(rules: readonly MetRule[], kind: number): MetRule[] {
  return rules.filter(({ table, rule, inForce }) => inForce && table.kind(rule) === kind);
}

function metRules(state: PolicyState, source: Context, target: Context, classValue: number): MetRule[] {
  const { db } = state;
  const rules: MetRule[] = [];
  visitRules(db, source, target, classValue, (table, rule, sourceType, targetType) => {
    const conditional = table === db.conditionalRules;
    rules.push({
      table,
      rule,
      sourceType,
      targetType,
      condition: conditional ? conditionOf(db, rule) : undefined,
      inForce: !conditional || state.isEnabled(rule),
    });
  });
  return rules;
}

/** The condition that a rule of `conditionalRules` stands in. */
export function conditionOf({ conditionals }: PolicyDb, rule: number): RuleCondition | undefined {
  const block = conditionals.findIndex(({ whenTrue, whenFalse }) => rule >= whenTrue.start && rule < whenFalse.end);
  const found = conditionals[block];
  return found && { block, when: rule < found.whenTrue.end };
}

function explainBounds(
  state: PolicyState,
  source: Context,
  target: Context,
  classValue: number,
): BoundsExplanation | undefined {
  const bounding = boundingContexts(state.db, source, target);
  return bounding && { ...bounding, explanation: explainVectors(state, bounding.source, bounding.target, classValue) };
}
