/**
 * From an explanation to reasons in words, for one permission.
 */
import { type MetRule, type RuleCondition, rulesInForce, type VectorExplanation } from '../decide/explain.ts';
import { formatContext, type PolicyState } from '../decide/index.ts';
import { AVTAB_ALLOWED } from '../policy/avtab.ts';
import { CONDITION_BOOLEAN } from '../policy/conditional.ts';
import type { ClassDatum } from '../policy/datums.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import { describeConstraint } from './constraint-reason.ts';
import { conditionText } from './expression-text.ts';
import { typeName } from './names.ts';
import type { WhyCondition, WhyReason, WhyRule } from './report.ts';
import { ruleText } from './rule-text.ts';

/** Both contexts and the class of a question. */
export interface Subject {
  readonly source: Context;
  readonly target: Context;
  readonly class: ClassDatum;
}

export function describeRule(state: PolicyState, datum: ClassDatum, met: MetRule): WhyRule {
  const { db } = state;
  const condition = describeCondition(state, met.condition);
  return {
    rule: ruleText(db, datum, met),
    source: typeName(db, met.sourceType),
    target: typeName(db, met.targetType),
    ...(condition === undefined ? {} : { condition }),
  };
}

export function describeCondition(state: PolicyState, condition: RuleCondition | undefined): WhyCondition | undefined {
  const { db } = state;
  if (condition === undefined) return undefined;
  const expression = db.conditionals[condition.block]?.expression ?? [];
  const terms = expression.filter(({ kind }) => kind === CONDITION_BOOLEAN);
  return {
    expression: conditionText(db, expression),
    value: state.condition(condition.block) ?? null,
    when: condition.when,
    booleans: Object.fromEntries(
      terms.map(({ boolean }) => [db.booleans.nameOf(boolean) ?? '?', state.booleans[boolean - 1] === 1]),
    ),
  };
}

/** What allows a permission (`bit`), or everything that stands in its way. */
export function reasonsFor(
  state: PolicyState,
  subject: Subject,
  explanation: VectorExplanation,
  bit: number,
): readonly WhyReason[] {
  const { db } = state;
  const { class: datum } = subject;
  const has = ({ table, rule }: MetRule) => table.kind(rule) === AVTAB_ALLOWED && (table.data(rule) & bit) !== 0;
  const granting = rulesInForce(explanation.rules, AVTAB_ALLOWED).filter(has);
  const roles = roleReason(db, subject, explanation.roleDenied, bit);
  if ((explanation.allowed & bit) !== 0) {
    const rules = granting.map((met) => ({ kind: 'allow-rule' as const, ...describeRule(state, datum, met) }));
    return roles === undefined ? rules : [...rules, roles];
  }
  const reasons: WhyReason[] = [];
  if (granting.length === 0) {
    const inactive = explanation.rules.filter((met) => !met.inForce && has(met));
    reasons.push({ kind: 'no-allow-rule', inactive: inactive.map((met) => describeRule(state, datum, met)) });
  }
  for (const constraint of explanation.falseConstraints) {
    if ((constraint.permissions & bit) !== 0)
      reasons.push({ kind: 'constraint', ...describeConstraint(db, subject, constraint) });
  }
  if (roles?.kind === 'no-role-allow') reasons.push(roles);
  const { bounds } = explanation;
  if (bounds !== undefined && (bounds.explanation.allowed & bit) === 0) {
    reasons.push({
      kind: 'bounds',
      type: typeName(db, bounds.source.type),
      source: formatContext(db, bounds.source),
      target: formatContext(db, bounds.target),
      reasons: reasonsFor(state, { ...subject, ...bounds }, bounds.explanation, bit),
    });
  }
  return reasons;
}

/** Only a transition into another role is about roles. */
function roleReason(db: PolicyDb, subject: Subject, denied: number, bit: number): WhyReason | undefined {
  const { source, target, class: datum } = subject;
  const transitions = db.processTransition | db.processDyntransition;
  if (datum.value !== db.processClass || (transitions & bit) === 0 || source.role === target.role) return undefined;
  const rule = `allow ${db.roles.nameOf(source.role)} ${db.roles.nameOf(target.role)};`;
  return { kind: (denied & bit) === 0 ? 'role-allow' : 'no-role-allow', rule };
}
