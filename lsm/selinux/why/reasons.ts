/**
 * From an explanation to reasons in words, for one permission.
 */
import { constraintHolds } from '../decide/constraints.ts';
import { type MetRule, rulesInForce, type VectorExplanation } from '../decide/explain.ts';
import { formatContext, formatLevel, type PolicyState } from '../decide/index.ts';
import { AVTAB_ALLOWED } from '../policy/avtab.ts';
import { CONDITION_BOOLEAN } from '../policy/conditional.ts';
import { TERM_ATTRIBUTE, TERM_NAMES } from '../policy/constraint.ts';
import type { ClassDatum, Constraint, Context, PolicyDb } from '../policy/policydb.ts';
import { conditionText, constraintTermText, constraintText, operands } from './expression-text.ts';
import { braced, typeName } from './names.ts';
import type { WhyCondition, WhyReason, WhyRule, WhyTerm } from './report.ts';
import { permissionNames, ruleText } from './rule-text.ts';

/** Both contexts and the class of a question. */
export interface Subject {
  readonly source: Context;
  readonly target: Context;
  readonly class: ClassDatum;
}

export function describeRule(state: PolicyState, datum: ClassDatum, met: MetRule): WhyRule {
  const { db } = state;
  const condition = describeCondition(state, met);
  return {
    rule: ruleText(db, datum, met),
    source: typeName(db, met.sourceType),
    target: typeName(db, met.targetType),
    ...(condition === undefined ? {} : { condition }),
  };
}

function describeCondition(state: PolicyState, { condition }: MetRule): WhyCondition | undefined {
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
    if ((constraint.permissions & bit) !== 0) reasons.push(describeConstraint(db, subject, constraint));
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

/** The binary does not tell `constrain` from `mlsconstrain`; comparing levels does. */
function describeConstraint(db: PolicyDb, subject: Subject, { permissions, expression }: Constraint): WhyReason {
  const { source, target, class: datum } = subject;
  const comparisons = expression.filter(({ kind }) => kind === TERM_ATTRIBUTE || kind === TERM_NAMES);
  const terms: WhyTerm[] = comparisons.map((term) => ({
    term: constraintTermText(db, term),
    holds: constraintHolds(db, [term], source, target),
    values: Object.fromEntries(operands(term).map((name) => [name, operandValue(db, name, source, target)])),
  }));
  const word = comparisons.some((term) => /^[lh]/.test(operands(term)[0] ?? '')) ? 'mlsconstrain' : 'constrain';
  const names = braced(permissionNames(datum, permissions));
  return {
    kind: 'constraint',
    constraint: `${word} ${datum.name} ${names} (${constraintText(db, expression)});`,
    terms,
  };
}

/** Value of `u1`, `r2`, `t1`, `l2`, `h1`, ... */
function operandValue(db: PolicyDb, name: string, source: Context, target: Context): string {
  const context = name.endsWith('2') ? target : source;
  switch (name[0]) {
    case 'u':
      return db.users.nameOf(context.user) ?? '?';
    case 'r':
      return db.roles.nameOf(context.role) ?? '?';
    case 't':
      return typeName(db, context.type);
    case 'l':
      return formatLevel(db, context.range.low);
    default:
      return formatLevel(db, context.range.high);
  }
}
