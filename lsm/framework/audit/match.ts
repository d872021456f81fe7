/**
 * Does a rule concern a message? And what rules about messages and about calls (call-match.ts) share.
 *
 * Model: audit_filter() of kernel/auditfilter.c.
 */

import { FIELD, LIST, NEVER, OP } from '../../../linux/audit.ts';
import { type AuditContainer, around } from './container.ts';
import { isAboutTasks, type LabelMatch, matchesLabel } from './label-match.ts';
import { type AuditRule, contidText, type RuleField } from './rule.ts';
import { loginuidSet, type RecordSubject } from './subject.ts';

/** audit_comparator() */
export function compare(left: number, op: number, right: number): boolean {
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
export function ofSubject(subject: RecordSubject, type: number): number | undefined {
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

/** Fields that the lists of messages know, beside those about labels of tasks; a rule with another one ends the search. */
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

/** audit_exe_compare(), by the path of the program where the kernel has its inode. */
export function isProgram({ op, value, canonical }: RuleField, { exe }: RecordSubject): boolean {
  return (exe === (canonical ?? value)) === (op === OP.EQUAL);
}

/**
 * `contid`: is the task in that container, or in one inside of it? @param outermost whose rule it is: what is around it
 * does not exist for it.
 */
export function isContained(
  { op, value }: RuleField,
  subject: RecordSubject,
  outermost: AuditContainer | undefined,
): boolean {
  let found = false;
  for (const one of around(subject.container)) {
    found ||= contidText(one.id) === value;
    if (one === outermost) break;
  }
  return found === (op === OP.EQUAL);
}

export interface MessageCircumstances {
  /** Absent = not known. */
  readonly subject?: RecordSubject | undefined;
  /** Whose rules they are: what is around it does not exist for them. */
  readonly outermost?: AuditContainer | undefined;
  readonly labels?: LabelMatch | undefined;
}

/** Is a record of this type made? @param rules of `list`: USER for what programs send, EXCLUDE for all. */
export function admitsMessage(
  rules: readonly AuditRule[],
  list: number,
  type: number,
  circumstances: MessageCircumstances,
): boolean {
  for (const rule of rules) {
    let matches = false;
    for (const field of rule.fields) {
      if (!OF_MESSAGES.includes(field.type) && !isAboutTasks(field.type)) return true;
      matches = messageField(field, type, circumstances, matches);
      if (!matches) break;
    }
    if (matches) return rule.action !== NEVER && list !== LIST.EXCLUDE;
  }
  return true;
}

/** @param before the verdict about the field before: it stands where no module knows what a rule says about labels. */
function messageField(
  field: RuleField,
  type: number,
  { subject, outermost, labels }: MessageCircumstances,
  before: boolean,
): boolean {
  if (field.type === FIELD.MSGTYPE) return compare(type, field.op, Number(field.value));
  if (subject === undefined) return false;
  if (field.type === FIELD.EXE) return isProgram(field, subject);
  if (field.type === FIELD.CONTID) return isContained(field, subject, outermost);
  if (isAboutTasks(field.type)) {
    const { task } = subject;
    return (labels && task && matchesLabel(field, labels, task)) ?? before;
  }
  return compare(ofSubject(subject, field.type) ?? 0, field.op, Number(field.value));
}
