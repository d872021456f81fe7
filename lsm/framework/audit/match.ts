/**
 * Does a rule concern a message or a system call?
 *
 * Model: audit_filter() of kernel/auditfilter.c, audit_filter_rules() of kernel/auditsc.c. What is not known here
 * (files of a call, labels of objects) matches no rule.
 */

import { FIELD, LIST, NEVER, OP } from '../../../linux/audit.ts';
import { type AuditContainer, around } from './container.ts';
import { type AuditRule, contidText, type RuleField } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import { loginuidSet, type RecordSubject } from './subject.ts';

/** A system call that is over. */
export interface FinishedCall {
  readonly arch: number;
  readonly number: number;
  /** The low halves count. */
  readonly args: readonly number[];
  readonly exit: number;
  /** Of the address that it was given. */
  readonly family?: number;
}

function compare(left: number, op: number, right: number): boolean {
  switch (op) {
    case OP.EQUAL:
      return left === right;
    case OP.NOT_EQUAL:
      return left !== right;
    case OP.LESS:
      return left < right;
    case OP.LESS_OR_EQUAL:
      return left <= right;
    case OP.GREATER:
      return left > right;
    case OP.GREATER_OR_EQUAL:
      return left >= right;
    case OP.BIT_MASK:
      return (left & right) !== 0;
    default:
      return ((left & right) | 0) === (right | 0);
  }
}

const UID_FIELDS: readonly number[] = [FIELD.UID, FIELD.EUID, FIELD.SUID, FIELD.FSUID];
const GID_FIELDS: readonly number[] = [FIELD.GID, FIELD.EGID, FIELD.SGID, FIELD.FSGID];

/** `undefined`: the field is about something else. */
function ofSubject(subject: RecordSubject, type: number): number | undefined {
  switch (type) {
    case FIELD.PID:
      return subject.pid;
    case FIELD.PPID:
      return subject.ppid;
    case FIELD.LOGINUID:
      return subject.loginuid;
    case FIELD.LOGINUID_SET:
      return loginuidSet(subject) ? 1 : 0;
    case FIELD.SESSIONID:
      return subject.sessionid;
    default:
      if (UID_FIELDS.includes(type)) return subject.uids[UID_FIELDS.indexOf(type)];
      return subject.gids[GID_FIELDS.indexOf(type)];
  }
}

/** Fields that the lists of messages know; a rule with another one ends the search. */
const OF_MESSAGES: readonly number[] = [
  FIELD.PID,
  FIELD.UID,
  FIELD.GID,
  FIELD.LOGINUID,
  FIELD.LOGINUID_SET,
  FIELD.MSGTYPE,
  FIELD.EXE,
  FIELD.CONTID,
];

function isProgram({ op, value }: RuleField, { exe }: RecordSubject): boolean {
  return (exe === value) === (op === OP.EQUAL);
}

/**
 * `contid`: is the task in that container, or in one inside of it? @param outermost whose rule it is: what is around it
 * does not exist for it.
 */
function isContained({ op, value }: RuleField, subject: RecordSubject, outermost: AuditContainer | undefined): boolean {
  let found = false;
  for (const one of around(subject.container)) {
    found ||= contidText(one.id) === value;
    if (one === outermost) break;
  }
  return found === (op === OP.EQUAL);
}

/** Is a record of this type made? `list`: USER for what programs send, EXCLUDE for all. */
export function admitsMessage(
  rules: RuleSet,
  list: number,
  type: number,
  subject: RecordSubject | undefined,
  outermost?: AuditContainer,
): boolean {
  for (const rule of rules.list(list)) {
    let matches = true;
    for (const field of rule.fields) {
      if (!OF_MESSAGES.includes(field.type)) return true;
      matches = messageField(field, type, subject, outermost);
      if (!matches) break;
    }
    if (matches && rule.fields.length > 0) return rule.action !== NEVER && list !== LIST.EXCLUDE;
  }
  return true;
}

function messageField(
  field: RuleField,
  type: number,
  subject: RecordSubject | undefined,
  outermost: AuditContainer | undefined,
): boolean {
  if (field.type === FIELD.MSGTYPE) return compare(type, field.op, Number(field.value));
  if (subject === undefined) return false;
  if (field.type === FIELD.EXE) return isProgram(field, subject);
  if (field.type === FIELD.CONTID) return isContained(field, subject, outermost);
  return compare(ofSubject(subject, field.type) ?? 0, field.op, Number(field.value));
}

/** Will nothing be recorded of a new task? audit_filter_task() */
export function ignoresTask(rules: RuleSet, subject: RecordSubject, outermost?: AuditContainer): boolean {
  const rule = rules
    .list(LIST.TASK)
    .find(({ fields }) => fields.every((field) => callField(field, subject, undefined, outermost)));
  return rule?.action === NEVER;
}

/** The first rule of the exit list that a call matches. */
export function callRule(
  rules: RuleSet,
  call: FinishedCall,
  subject: RecordSubject,
  outermost?: AuditContainer,
): AuditRule | undefined {
  const matches = (rule: AuditRule): boolean =>
    rule.fields.every((field) => callField(field, subject, call, outermost));
  return rules.list(LIST.EXIT).find((rule) => inMask(rule.mask, call.number) && matches(rule));
}

function inMask(mask: Uint32Array, number: number): boolean {
  return (((mask[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
}

/** AUDIT_COMPARE_UID_TO_AUID and what follows: pairs of ids; those before are about objects. */
const FIRST_PAIR = 10;
const PAIRS: readonly (readonly [number, number])[] = [
  [FIELD.UID, FIELD.LOGINUID],
  [FIELD.UID, FIELD.EUID],
  [FIELD.UID, FIELD.FSUID],
  [FIELD.UID, FIELD.SUID],
  [FIELD.LOGINUID, FIELD.FSUID],
  [FIELD.LOGINUID, FIELD.SUID],
  [FIELD.LOGINUID, FIELD.EUID],
  [FIELD.EUID, FIELD.SUID],
  [FIELD.EUID, FIELD.FSUID],
  [FIELD.SUID, FIELD.FSUID],
  [FIELD.GID, FIELD.EGID],
  [FIELD.GID, FIELD.FSGID],
  [FIELD.GID, FIELD.SGID],
  [FIELD.EGID, FIELD.FSGID],
  [FIELD.EGID, FIELD.SGID],
  [FIELD.SGID, FIELD.FSGID],
];

function callField(
  field: RuleField,
  subject: RecordSubject,
  call: FinishedCall | undefined,
  outermost: AuditContainer | undefined,
): boolean {
  const { type, op } = field;
  const value = Number(field.value);
  switch (type) {
    case FIELD.FILTERKEY:
      return true;
    case FIELD.EXE:
      return isProgram(field, subject);
    case FIELD.CONTID:
      return isContained(field, subject, outermost);
    case FIELD.COMPARE: {
      const [left, right] = PAIRS[value - FIRST_PAIR] ?? [];
      if (left === undefined || right === undefined) return false;
      return compare(ofSubject(subject, left) ?? 0, op, ofSubject(subject, right) ?? 0);
    }
    case FIELD.PERS:
      return compare(0, op, value);
    default: {
      const known = ofSubject(subject, type) ?? (call && ofCall(call, type));
      if (known === undefined) return false;
      // Only the result of a call has a sign.
      return type === FIELD.EXIT ? compare(known, op, value | 0) : compare(known >>> 0, op, value);
    }
  }
}

function ofCall(call: FinishedCall, type: number): number | undefined {
  switch (type) {
    case FIELD.ARCH:
      return call.arch;
    case FIELD.EXIT:
      return call.exit;
    case FIELD.SUCCESS:
      return call.exit >= 0 ? 1 : 0;
    case FIELD.SADDR_FAM:
      return call.family;
    default:
      return type >= FIELD.ARG0 && type <= FIELD.ARG3 ? (call.args[type - FIELD.ARG0] ?? 0) : undefined;
  }
}
