/**
 * "Why may this subject (not) do that to this object?" - decided and told from one policy and its present boolean values.
 */

import type { WhyProblem } from '../../framework/inspection/why.ts';
import { type Explanation, explain, type MetRule, rulesInForce, type VectorExplanation } from '../decide/explain.ts';
import { FLAG_NEVERAUDIT, FLAG_PERMISSIVE, formatContext, type PolicyState } from '../decide/index.ts';
import { computeXperms, hasFunction, namesCommand, type XpermsBase, xpermsEffect } from '../decide/xperms.ts';
import {
  AVTAB_AUDITALLOW,
  AVTAB_AUDITDENY,
  AVTAB_XPERMS_ALLOWED,
  AVTAB_XPERMS_AUDITALLOW,
  AVTAB_XPERMS_DONTAUDIT,
} from '../policy/avtab.ts';
import { type BooleanChange, booleansThatAllow } from './boolean-remedy.ts';
import { braced, typeName } from './names.ts';
import { type ParsedQuestion, parseQuestion, type WhyQuestion } from './question.ts';
import { describeRule, reasonsFor, type Subject } from './reasons.ts';
import type { WhyAnswer, WhyReason, WhyReport, WhyRule } from './report.ts';
import { hex16 } from './rule-text.ts';

export function why(state: PolicyState, question: WhyQuestion): WhyReport | WhyProblem {
  const { db } = state;
  const parsed = parseQuestion(db, question);
  if ('problem' in parsed) return parsed;
  const explanation = explain(state, parsed.source, parsed.target, parsed.class?.value ?? 0);
  const answers = [
    ...knownAnswers(state, parsed, explanation, question.command),
    ...unknownAnswers(state, parsed, explanation, question.class),
  ];
  return {
    source: formatContext(db, parsed.source),
    target: formatContext(db, parsed.target),
    class: question.class,
    allowed: answers.every(({ allowed }) => allowed),
    permissive: (explanation.flags & FLAG_PERMISSIVE) !== 0,
    neveraudit: (explanation.flags & FLAG_NEVERAUDIT) !== 0,
    answers,
  };
}

/** Everything is allowed to a type that is both permissive and never audited; no rule is asked. */
function freeReason(state: PolicyState, { source }: ParsedQuestion): WhyReason {
  return { kind: 'permissive-neveraudit', type: typeName(state.db, source.type) };
}

function unknownAnswers(
  state: PolicyState,
  question: ParsedQuestion,
  { flags }: Explanation,
  className: string,
): WhyAnswer[] {
  const { unknown: permissions, class: datum } = question;
  const { handleUnknown } = state.db;
  if (permissions.length === 0) return [];
  const what = datum === undefined ? `class ${className}` : `${braced(permissions)} of class ${className}`;
  const free = datum === undefined && flags === (FLAG_PERMISSIVE | FLAG_NEVERAUDIT);
  const allowed = free || handleUnknown === 'allow';
  const reason = free ? freeReason(state, question) : { kind: 'unknown' as const, handleUnknown, what };
  const remedies = allowed ? [] : [`define ${what} in the policy`];
  return [{ permissions, allowed, reasons: [reason], logged: !allowed, logging: [], remedies }];
}

function knownAnswers(
  state: PolicyState,
  question: ParsedQuestion,
  explanation: Explanation,
  command: number | undefined,
): WhyAnswer[] {
  const { class: datum, source, target } = question;
  if (datum === undefined || question.known.length === 0) return [];
  const { vectors } = explanation;
  if (vectors === undefined) {
    const reasons = [freeReason(state, question)];
    return [{ permissions: question.known, allowed: true, reasons, logged: false, logging: [], remedies: [] }];
  }
  const subject: Subject = { source, target, class: datum };
  const groups = new Map<string, Omit<WhyAnswer, 'permissions' | 'remedies'> & { permissions: string[] }>();
  for (const name of question.known) {
    const bit = (1 << ((datum.permissions.get(name) ?? 1) - 1)) >>> 0;
    const base = name === 'ioctl' || name === 'nlmsg' ? name : undefined;
    const refined = base && refine(state, subject, vectors, { base, command, allowed: (vectors.allowed & bit) !== 0 });
    const allowed = (vectors.allowed & bit) !== 0 && refined?.granted !== false;
    const reasons = [...reasonsFor(state, subject, vectors, bit), ...(refined?.reasons ?? [])];
    const audit = allowed ? explanation.auditallow : explanation.auditdeny;
    const logged = (audit & bit) !== 0 && refined?.logged !== false;
    const logging = [...loggingRules(state, subject, vectors, allowed, bit), ...(refined?.logging ?? [])];
    const answer = { allowed, reasons, logged, logging };
    const key = JSON.stringify(answer);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { permissions: [name], ...answer });
    else group.permissions.push(name);
  }
  return [...groups.values()].map((group) => ({ ...group, remedies: remedies(state, subject, vectors, group) }));
}

/** The rules that make a grant logged, or a denial not. */
function loggingRules(
  state: PolicyState,
  { class: datum }: Subject,
  { rules }: VectorExplanation,
  allowed: boolean,
  bit: number,
): WhyRule[] {
  const kind = allowed ? AVTAB_AUDITALLOW : AVTAB_AUDITDENY;
  return rulesInForce(rules, kind)
    .filter(({ table, rule }) => ((allowed ? table.data(rule) : ~table.data(rule)) & bit) !== 0)
    .map((met) => describeRule(state, datum, met));
}

interface Refinement {
  readonly granted: boolean;
  readonly reasons: readonly WhyReason[];
  /** `false`: extended rules keep it out of the log, if the base permission has not already. */
  readonly logged: boolean;
  readonly logging: readonly WhyRule[];
}

/** Extended permissions: which commands a base permission is good for. */
function refine(
  state: PolicyState,
  { source, target, class: datum }: Subject,
  { rules }: VectorExplanation,
  question: { readonly base: XpermsBase; readonly command: number | undefined; readonly allowed: boolean },
): Refinement | undefined {
  const { base, command } = question;
  const decision = computeXperms(state, source, target, datum.value, (command ?? 0) >> 8, base);
  if (decision === undefined) return undefined;
  const of = (effect: 'counts' | 'closes', kind: number) =>
    rulesInForce(rules, kind).filter(({ table, rule }) => xpermsEffect(state.db, table, rule, base) === effect);
  const described = (met: readonly MetRule[]) => met.map((one) => describeRule(state, datum, one));
  const allowing = described(of('counts', AVTAB_XPERMS_ALLOWED));
  const granted = command === undefined || hasFunction(decision.allowed, command & 0xff);
  const allowed = granted && question.allowed;
  // Without a command there is nothing to find in the log.
  const naming = (kind: number) =>
    of('counts', kind).filter(({ table, rule }) => {
      const extended = table.extended(rule);
      return command !== undefined && extended !== undefined && namesCommand(extended, command);
    });
  const logging = described(naming(allowed ? AVTAB_XPERMS_AUDITALLOW : AVTAB_XPERMS_DONTAUDIT));
  const logged = command === undefined || logging.length > 0 === allowed;
  const told = { granted, logged, logging };
  if (!granted) {
    const kinds = [AVTAB_XPERMS_ALLOWED, AVTAB_XPERMS_AUDITALLOW, AVTAB_XPERMS_DONTAUDIT];
    const closing = described(kinds.flatMap((kind) => [...of('closes', kind), ...of('counts', kind)]));
    return {
      ...told,
      reasons: [{ kind: 'command', command: hex16(command), base, rules: allowing, closedBy: closing }],
    };
  }
  // The rules that name other commands have nothing to do with this one.
  const here = command === undefined ? allowing : described(naming(AVTAB_XPERMS_ALLOWED));
  return { ...told, reasons: question.allowed ? here.map((rule) => ({ kind: 'command-rule', ...rule })) : [] };
}

function remedies(
  state: PolicyState,
  subject: Subject,
  { rules }: VectorExplanation,
  { permissions, allowed, reasons }: Pick<WhyAnswer, 'permissions' | 'allowed' | 'reasons'>,
): string[] {
  if (allowed) return [];
  const { db } = state;
  const { source, target, class: datum } = subject;
  const vector = permissions.reduce((bits, name) => bits | (1 << ((datum.permissions.get(name) ?? 1) - 1)), 0);
  const changes = booleansThatAllow(state, { ...subject, class: datum.value, permissions: vector }, rules);
  // More than one obstacle: no single change is enough, and what a constraint or a bound says is in the reasons.
  const [only, ...others] = reasons;
  const head = `${typeName(db, source.type)} ${source.type === target.type ? 'self' : typeName(db, target.type)}:${datum.name}`;
  const single = others.length > 0 ? undefined : only;
  const policy: string[] = [];
  if (single?.kind === 'no-allow-rule') policy.push(`allow ${head} ${braced(permissions)};`);
  if (single?.kind === 'no-role-allow') policy.push(single.rule);
  const commanded = reasons.find((reason) => reason.kind === 'command');
  if (commanded !== undefined) policy.push(`allowxperm ${head} ${commanded.base} ${commanded.command};`);
  return [...changes.map(setsebool), ...policy];
}

function setsebool(changes: readonly BooleanChange[]): string {
  return `setsebool ${changes.map(({ name, value }) => `${name}=${value}`).join(' ')}`;
}
