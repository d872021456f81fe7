/**
 * Does a rule concern a system call?
 *
 * Model: audit_filter_task(), audit_filter_syscall(), audit_filter_inodes() and audit_filter_rules() of kernel/auditsc.c in
 * Linux 6.12. A call may be asked about before it has returned: what is not known yet (`undefined`) excludes no rule then,
 * and matches none when the call is over.
 */
import { FIELD, LIST, NEVER } from '../../../linux/audit.ts';
import { S_IFMT } from '../../../linux/stat.ts';
import type { FileFacts } from '../files/file-facts.ts';
import type { Task } from '../task.ts';
import type { AuditContainer } from './container.ts';
import { isAboutTasks, isLabelField, type LabelMatch, matchesLabel } from './label-match.ts';
import { compare, isContained, isProgram, ofSubject } from './match.ts';
import { type AuditName, keyOfFile } from './names.ts';
import { permissionClasses } from './permission-classes.ts';
import type { AuditRule, RuleField } from './rule.ts';
import type { RuleSet } from './rule-set.ts';
import type { RecordSubject } from './subject.ts';

/** A system call and what is known of it. */
export interface ObservedCall {
  readonly arch: number;
  readonly number: number;
  /** The low halves count. */
  readonly args: readonly number[];
  /** Absent = it has not returned, or what it returned is not known. */
  readonly exit?: number;
  /** Of the address that it was given. */
  readonly family?: number;
  /** Files that it names. Absent = not known. */
  readonly names?: readonly AuditName[];
  /** Flags of openat2(2). */
  readonly openFlags?: number;
}

export interface CallCircumstances {
  readonly call?: ObservedCall;
  /** Absent = not known. */
  readonly subject?: RecordSubject;
  readonly task?: Task;
  /** Whose rules they are: what is around it does not exist for them. */
  readonly outermost?: AuditContainer | undefined;
  readonly labels?: LabelMatch | undefined;
}

/** `undefined` = that depends on what is not known. */
type Verdict = boolean | undefined;

/** Will nothing be recorded of a new task? audit_filter_task() */
export function ignoresTask(rules: RuleSet, subject: RecordSubject, outermost?: AuditContainer): boolean {
  const circumstances = { subject, outermost };
  const rule = rules.list(LIST.TASK).find(({ fields }) => allOf(fields.map((one) => field(one, circumstances))));
  return rule?.action === NEVER;
}

/** The first rule of the exit list that a call matches that is over. */
export function callRule(rules: RuleSet, circumstances: CallCircumstances): AuditRule | undefined {
  return rules.list(LIST.EXIT).find((rule) => verdict(rule, circumstances) === true);
}

/** Can it be that a rule wants a record of this call? */
export function mayBeWanted(rules: readonly AuditRule[], circumstances: CallCircumstances): boolean {
  return rules.some((rule) => rule.action !== NEVER && verdict(rule, circumstances) !== false);
}

function verdict(rule: AuditRule, circumstances: CallCircumstances): Verdict {
  const { call } = circumstances;
  if (call === undefined || !inMask(rule.mask, call.number)) return false;
  const whole = (one?: AuditName): Verdict =>
    allOf(rule.fields.map((each) => (isPlace(each) ? place(rule, one) : field(each, circumstances, one))));
  // A rule about one file is about one of the names; any other may have a name for each field.
  if (!rule.fields.some(isPlace)) return whole();
  return call.names === undefined ? undefined : anyOf(call.names.map(whole));
}

function isPlace({ type }: RuleField): boolean {
  return type === FIELD.WATCH || type === FIELD.DIR || type === FIELD.INODE;
}

export function inMask(mask: Uint32Array, number: number): boolean {
  return (((mask[number >>> 5] ?? 0) >>> (number & 31)) & 1) === 1;
}

function allOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(false)) return false;
  return verdicts.includes(undefined) ? undefined : true;
}

function anyOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(true)) return true;
  return verdicts.includes(undefined) ? undefined : false;
}

/** Is the named file the one that the rule is about, or below it? */
function place({ watch, directory, inode, place: where }: AuditRule, one: AuditName | undefined): Verdict {
  if (one === undefined) return undefined;
  const { file, entry, type } = one;
  if (inode !== undefined) return ofFile(one, ({ ino }) => compare(ino, inode.op, Number(inode.value)));
  if (directory !== undefined) {
    if (file === undefined) return type === 'CREATE' ? undefined : false;
    return where?.file !== undefined && (file.above ?? []).includes(where.file);
  }
  const named = entry !== undefined && entry.directory === where?.parent && entry.name === lastName(watch ?? '');
  if (file === undefined) return named && type === 'CREATE' ? undefined : false;
  return named || (where?.file !== undefined && keyOfFile(file) === where.file);
}

export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function ofFile({ file, type }: AuditName, test: (file: NonNullable<AuditName['file']>) => boolean): Verdict {
  if (file !== undefined) return test(file);
  return type === 'CREATE' ? undefined : false;
}

/** AUDIT_COMPARE_UID_TO_OBJ_UID and what follows: an id of the task and one of a file. */
const OBJECT_PAIRS: readonly (readonly [number, 'uid' | 'gid'])[] = [
  [FIELD.UID, 'uid'],
  [FIELD.GID, 'gid'],
  [FIELD.EUID, 'uid'],
  [FIELD.EGID, 'gid'],
  [FIELD.LOGINUID, 'uid'],
  [FIELD.SUID, 'uid'],
  [FIELD.SGID, 'gid'],
  [FIELD.FSUID, 'uid'],
  [FIELD.FSGID, 'gid'],
];
/** AUDIT_COMPARE_UID_TO_AUID and what follows: pairs of ids of the task. */
const FIRST_PAIR = 1 + OBJECT_PAIRS.length;
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

function field(rule: RuleField, circumstances: CallCircumstances, one?: AuditName): Verdict {
  const { type, op } = rule;
  const { call, subject, outermost } = circumstances;
  const value = Number(rule.value);
  const names = one === undefined ? call?.names : [one];
  const anyFile = (test: (file: NonNullable<AuditName['file']>) => boolean): Verdict =>
    names && anyOf(names.map((each) => ofFile(each, test)));
  switch (type) {
    case FIELD.FILTERKEY:
      return true;
    case FIELD.EXE:
      return subject && isProgram(rule, subject);
    case FIELD.CONTID:
      return subject && isContained(rule, subject, outermost);
    case FIELD.COMPARE:
      return comparison(value, op, subject, names);
    case FIELD.PERS:
      return compare(0, op, value);
    case FIELD.PERM:
      return call && permissionClasses(call.arch)?.matches(call.number, call.args, value, call.openFlags);
    case FIELD.FILETYPE:
      return anyFile(({ mode }) => compare(mode & S_IFMT, op, value));
    case FIELD.DEVMAJOR:
      return anyFile(({ major, rdev }) => compare(major, op, value) || compare(rdev[0], op, value));
    case FIELD.DEVMINOR:
      return anyFile(({ minor, rdev }) => compare(minor, op, value) || compare(rdev[1], op, value));
    case FIELD.OBJ_UID:
      return anyOwner(names, ({ uid }) => compare(uid, op, value));
    case FIELD.OBJ_GID:
      return anyOwner(names, ({ gid }) => compare(gid, op, value));
    default:
      return isLabelField(type) ? label(rule, circumstances, names) : number(rule, circumstances);
  }
}

/** What was not found has owner and group 0 in the kernel, too. */
function anyOwner(
  names: readonly AuditName[] | undefined,
  test: (owner: { readonly uid: number; readonly gid: number }) => boolean,
): Verdict {
  const one = ({ file, type }: AuditName): Verdict =>
    file === undefined && type === 'CREATE' ? undefined : test(file ?? { uid: 0, gid: 0 });
  return names && anyOf(names.map(one));
}

function comparison(
  pair: number,
  op: number,
  subject: RecordSubject | undefined,
  names: readonly AuditName[] | undefined,
): Verdict {
  if (subject === undefined) return undefined;
  const [id, ofObject] = OBJECT_PAIRS[pair - 1] ?? [];
  if (id !== undefined && ofObject !== undefined)
    return anyOwner(names, (owner) => compare(ofSubject(subject, id) ?? 0, op, owner[ofObject]));
  const [left, right] = PAIRS[pair - FIRST_PAIR] ?? [];
  if (left === undefined || right === undefined) return false;
  return compare(ofSubject(subject, left) ?? 0, op, ofSubject(subject, right) ?? 0);
}

function label(rule: RuleField, { labels, task }: CallCircumstances, names: readonly AuditName[] | undefined): Verdict {
  if (labels === undefined) return undefined;
  const matches = (labelled: Task | FileFacts): boolean => matchesLabel(rule, labels, labelled) === true;
  if (isAboutTasks(rule.type)) return task && matches(task);
  return names && anyOf(names.map((one) => ofFile(one, ({ facts }) => facts !== undefined && matches(facts))));
}

/** Fields that are compared as numbers. */
function number({ type, op, value: text }: RuleField, { call, subject }: CallCircumstances): Verdict {
  const value = Number(text);
  const known = (subject && ofSubject(subject, type)) ?? (call && ofCall(call, type));
  // Only the result of a call has a sign.
  if (known !== undefined) return type === FIELD.EXIT ? compare(known, op, value | 0) : compare(known >>> 0, op, value);
  return undefined;
}

function ofCall(call: ObservedCall, type: number): number | undefined {
  switch (type) {
    case FIELD.ARCH:
      return call.arch;
    case FIELD.EXIT:
      return call.exit;
    case FIELD.SUCCESS:
      return call.exit === undefined ? undefined : call.exit >= 0 ? 1 : 0;
    case FIELD.SADDR_FAM:
      return call.family;
    default:
      return type >= FIELD.ARG0 && type <= FIELD.ARG3 ? (call.args[type - FIELD.ARG0] ?? 0) : undefined;
  }
}
