/**
 * "Why does something new get this context?" - field by field, as selinuxfs nodes create, member and relabel are answered.
 */

import { failed } from '../../../linux/errno.ts';
import type { WhyProblem } from '../../framework/inspection/why.ts';
import { type ContextParts, computeContextParts, type TypeRulePart } from '../decide/compute-context.ts';
import { conditionOf } from '../decide/explain.ts';
import { contextIsValid, formatContext, formatLevel, type PolicyState } from '../decide/index.ts';
import type { ClassDatum, MlsRange } from '../policy/datums.ts';
import { levelsEqual } from '../policy/mls.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import { typeName } from './names.ts';
import { parseClass, parseContexts } from './question.ts';
import { describeCondition } from './reasons.ts';
import type { NewContextField, NewContextReport } from './report.ts';

export interface NewContextQuestion {
  readonly query: NewContextReport['query'];
  readonly source: string;
  readonly target: string;
  readonly class: string;
  /** Last component of the new object's path; only `create` asks for it. */
  readonly name?: string;
}

const OPERATION = { create: 'transition', member: 'member', relabel: 'change' } as const;
const TYPE_RULE = { create: 'type_transition', member: 'type_member', relabel: 'type_change' } as const;
const SOURCE = 1;
const RANGES = [
  'source low',
  'source high',
  'source low-high',
  'target low',
  'target high',
  'target low-high',
  'glblub',
];

interface Parsed {
  readonly state: PolicyState;
  readonly question: NewContextQuestion;
  readonly source: Context;
  readonly target: Context;
  readonly datum: ClassDatum;
}

export function whyNewContext(state: PolicyState, question: NewContextQuestion): NewContextReport | WhyProblem {
  const { db } = state;
  const contexts = parseContexts(db, [question.source, question.target]);
  if ('problem' in contexts) return contexts;
  const [source, target] = contexts;
  const datum = parseClass(db, question.class);
  if ('problem' in datum) return datum;
  if (source === undefined || target === undefined) throw new Error('two texts are two contexts');
  const name = question.query === 'create' ? question.name : undefined;
  const parts = computeContextParts(state, OPERATION[question.query], source, target, datum.value, name);
  const parsed: Parsed = { state, question, source, target, datum };
  const { range } = parts;
  const context = failed(range)
    ? undefined
    : { user: parts.user.value, role: parts.role.value, type: parts.type.value, range: range.value };
  return {
    ...question,
    source: formatContext(db, source),
    target: formatContext(db, target),
    ...(context === undefined ? {} : { context: formatContext(db, context) }),
    valid: context !== undefined && contextIsValid(db, context),
    fields: [
      userField(parsed, parts),
      roleField(parsed, parts),
      typeField(parsed, parts),
      ...rangeField(parsed, parts),
    ],
  };
}

function sourceOrTarget(which: number): string {
  return which === SOURCE ? 'source' : 'target';
}

function userField({ state: { db }, datum }: Parsed, { user }: ContextParts): NewContextField {
  const rule =
    user.from === 'default_user' ? { rule: `default_user ${datum.name} ${sourceOrTarget(datum.defaultUser)};` } : {};
  return { field: 'user', value: db.users.nameOf(user.value) ?? '?', from: user.from, ...rule };
}

function roleField({ state: { db }, datum, source, target }: Parsed, { role }: ContextParts): NewContextField {
  const value = db.roles.nameOf(role.value) ?? '?';
  const rules: Partial<Record<typeof role.from, string>> = {
    role_transition: `role_transition ${db.roles.nameOf(source.role)} ${typeName(db, target.type)}:${datum.name} ${value};`,
    default_role: `default_role ${datum.name} ${sourceOrTarget(datum.defaultRole)};`,
  };
  const rule = rules[role.from];
  return { field: 'role', value, from: role.from, ...(rule === undefined ? {} : { rule }) };
}

function typeField(parsed: Parsed, { type }: ContextParts): NewContextField {
  const { state, question, source, target, datum } = parsed;
  const { db } = state;
  const value = typeName(db, type.value);
  const head = `${typeName(db, source.type)} ${typeName(db, target.type)}:${datum.name} ${value}`;
  const field = { field: 'type' as const, value, from: type.from };
  switch (type.from) {
    case 'file name':
      return { ...field, rule: `type_transition ${head} "${question.name}";` };
    case 'type rule':
      return { ...field, rule: `${TYPE_RULE[question.query]} ${head};`, ...ruleCondition(state, type) };
    case 'default_type':
      return { ...field, rule: `default_type ${datum.name} ${sourceOrTarget(datum.defaultType)};` };
    default:
      return field;
  }
}

function ruleCondition(state: PolicyState, { table, rule }: TypeRulePart): Pick<NewContextField, 'condition'> {
  if (table !== state.db.conditionalRules) return {};
  const condition = describeCondition(state, conditionOf(state.db, rule));
  return condition === undefined ? {} : { condition };
}

/** Only a policy with levels has ranges. */
function rangeField({ state: { db }, source, target, datum }: Parsed, { range }: ContextParts): NewContextField[] {
  const defaultRule = `default_range ${datum.name} ${RANGES[datum.defaultRange - 1]};`;
  if (failed(range)) return [{ field: 'range', value: 'none', from: 'default_range', rule: defaultRule }];
  if (!db.mls) return [];
  const value = rangeText(db, range.value);
  const rules: Partial<Record<typeof range.from, string>> = {
    range_transition: `range_transition ${typeName(db, source.type)} ${typeName(db, target.type)}:${datum.name} ${value};`,
    default_range: defaultRule,
  };
  const rule = rules[range.from];
  return [{ field: 'range', value, from: range.from, ...(rule === undefined ? {} : { rule }) }];
}

function rangeText(db: PolicyDb, { low, high }: MlsRange): string {
  const text = formatLevel(db, low);
  return levelsEqual(low, high) ? text : `${text}-${formatLevel(db, high)}`;
}
