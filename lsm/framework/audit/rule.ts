/**
 * One rule: from its binary form and back.
 *
 * Model: audit_data_to_entry() and audit_krule_to_data() of kernel/auditfilter.c, with what they let pass. Binary form,
 * struct audit_rule_data: u32 flags, action, field_count, mask[64], fields[64], values[64], fieldflags[64], buflen,
 * then the strings of the fields one after the other; the value of such a field is its length.
 */

import { ALWAYS, FIELD, LIST, NEVER, OP, PREPEND, UNSET } from '../../../linux/audit.ts';
import { bytesOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { PATH_MAX } from '../../../linux/fs.ts';
import { expandClasses } from './call-classes.ts';
import type { RulePlace } from './names.ts';
import { RequestTexts, untilFirstNul } from './request-texts.ts';

export const MAX_FIELDS = 64;
const MASK_WORDS = 64;
const MASK = 12;
const FIELDS = MASK + 4 * MASK_WORDS;
const VALUES = FIELDS + 4 * MAX_FIELDS;
const OPERATORS = VALUES + 4 * MAX_FIELDS;
const BUFFER_LENGTH = OPERATORS + 4 * MAX_FIELDS;
export const RULE_SIZE = BUFFER_LENGTH + 4;
const KEY_MAX = 256;

export interface RuleField {
  readonly type: number;
  readonly op: number;
  /** The number, or the text of a field that has one. */
  readonly value: number | string;
  /** Of a path of a program: where it led, without links. */
  readonly canonical?: string;
}

export interface AuditRule {
  readonly list: number;
  readonly prepend: boolean;
  readonly action: number;
  readonly mask: Uint32Array;
  readonly fields: readonly RuleField[];
  /** `auid` was compared with the unset value, which is another field since there is one. */
  readonly legacyLogin: boolean;
  readonly key?: string;
  /** At most one of these three. */
  readonly watch?: string;
  readonly directory?: string;
  readonly inode?: RuleField;
  readonly exe?: string;
  /** What the watched path, or directory, led to. */
  readonly place?: RulePlace;
}

/** What a rule needs to know of paths. */
export interface RulePaths {
  place?(path: string): RulePlace;
  /** The path without links on the way to its last name, if that is known. */
  canonical?(path: string): string | undefined;
  /** Does the directory exist that the last part of the path would be in, and can that be a name in it? kern_path_locked() */
  parent(path: string): Errno | undefined;
  /** Does the path exist? A symbolic link at its end is not followed, and the empty path is the working directory: kern_path() */
  exists(path: string): Errno | undefined;
}

const BITS: readonly number[] = [FIELD.ARG0, FIELD.ARG1, FIELD.ARG2, FIELD.ARG3, FIELD.PERS, FIELD.DEVMINOR];
/** Their value is an id of a user or group, which exists. */
const IDS: readonly number[] = [
  FIELD.UID,
  FIELD.EUID,
  FIELD.SUID,
  FIELD.FSUID,
  FIELD.LOGINUID,
  FIELD.OBJ_UID,
  FIELD.GID,
  FIELD.EGID,
  FIELD.SGID,
  FIELD.FSGID,
  FIELD.OBJ_GID,
];
const ORDERED: readonly number[] = [
  ...IDS,
  FIELD.PID,
  FIELD.MSGTYPE,
  FIELD.PPID,
  FIELD.DEVMAJOR,
  FIELD.EXIT,
  FIELD.SUCCESS,
  FIELD.INODE,
  FIELD.SESSIONID,
  FIELD.SUBJ_SEN,
  FIELD.SUBJ_CLR,
  FIELD.OBJ_LEV_LOW,
  FIELD.OBJ_LEV_HIGH,
  FIELD.SADDR_FAM,
];
const EQUALITY: readonly number[] = [
  FIELD.SUBJ_USER,
  FIELD.SUBJ_ROLE,
  FIELD.SUBJ_TYPE,
  FIELD.OBJ_USER,
  FIELD.OBJ_ROLE,
  FIELD.OBJ_TYPE,
  FIELD.WATCH,
  FIELD.DIR,
  FIELD.FILTERKEY,
  FIELD.LOGINUID_SET,
  FIELD.ARCH,
  FIELD.FSTYPE,
  FIELD.PERM,
  FIELD.FILETYPE,
  FIELD.COMPARE,
  FIELD.EXE,
  FIELD.CONTID,
];
/** Parts of labels. */
export const LABELS: readonly number[] = [
  FIELD.SUBJ_USER,
  FIELD.SUBJ_ROLE,
  FIELD.SUBJ_TYPE,
  FIELD.SUBJ_SEN,
  FIELD.SUBJ_CLR,
  FIELD.OBJ_USER,
  FIELD.OBJ_ROLE,
  FIELD.OBJ_TYPE,
  FIELD.OBJ_LEV_LOW,
  FIELD.OBJ_LEV_HIGH,
];
const TEXTS: readonly number[] = [...LABELS, FIELD.WATCH, FIELD.DIR, FIELD.FILTERKEY, FIELD.EXE, FIELD.CONTID];
/** Lists of rules that may name a container, whose number is carried as a text of this length. */
const OF_CONTAINERS: readonly number[] = [LIST.EXIT, LIST.EXCLUDE, LIST.USER];
const CONTID_SIZE = 8;
const LISTS: readonly number[] = Object.values(LIST);
const OPERATIONS: readonly number[] = Object.values(OP);

/** Lists of which rules may name files. */
const ofCalls = (list: number): boolean => list === LIST.EXIT || list === LIST.URING;

function isEquality(op: number): boolean {
  return op === OP.EQUAL || op === OP.NOT_EQUAL;
}

/** audit_field_valid(). The kernel checks values before it has set them, so any is right. */
function isValid(list: number, type: number, op: number): boolean {
  if (type === FIELD.MSGTYPE && list !== LIST.EXCLUDE && list !== LIST.USER) return false;
  if (type === FIELD.FSTYPE && list !== LIST.FS) return false;
  if (type === FIELD.PERM && list === LIST.URING) return false;
  if (list === LIST.FS && type !== FIELD.FSTYPE && type !== FIELD.FILTERKEY) return false;
  if (BITS.includes(type)) return true;
  if (ORDERED.includes(type)) return op !== OP.BIT_MASK && op !== OP.BIT_TEST;
  return EQUALITY.includes(type) && isEquality(op);
}

/** A container's number as rules carry it: 64 bits, little-endian. */
export function contidText(id: bigint): string {
  const bytes = new Uint8Array(CONTID_SIZE);
  new DataView(bytes.buffer).setBigUint64(0, id, true);
  return latin1(bytes);
}

/** The inverse of {@link contidText}. */
export function contidNumber(text: string): bigint {
  const bytes = bytesOf(text);
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/**
 * @param data at least {@link RULE_SIZE} bytes. @param containers the kernel has container ids.
 * @param refusal why modules let there be no rule with this field.
 */
export function parseAuditRule(
  data: Uint8Array,
  paths: RulePaths,
  containers: boolean,
  refusal: (field: RuleField) => Errno | undefined = () => undefined,
): Result<AuditRule> {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const word = (at: number): number => view.getUint32(at, true);
  const flags = word(0);
  const list = (flags & ~PREPEND) >>> 0;
  const action = word(4);
  const count = word(8);
  if (!LISTS.includes(list) || (action !== NEVER && action !== ALWAYS) || count > MAX_FIELDS) return E.EINVAL;
  const texts = new RequestTexts(data, RULE_SIZE);
  const fields: RuleField[] = [];
  const files: { key?: string; watch?: string; directory?: string; inode?: RuleField; exe?: string } = {};
  let legacyLogin = false;
  for (let index = 0; index < count; index++) {
    const op = word(OPERATORS + 4 * index);
    let type = word(FIELDS + 4 * index);
    let value = word(VALUES + 4 * index);
    if (!OPERATIONS.includes(op)) return E.EINVAL;
    if (type === FIELD.LOGINUID && value === UNSET) {
      type = FIELD.LOGINUID_SET;
      value = 0;
      legacyLogin = true;
    }
    if (!isValid(list, type, op)) return E.EINVAL;
    if (type === FIELD.CONTID && !(containers && value === CONTID_SIZE && OF_CONTAINERS.includes(list)))
      return E.EINVAL;
    if (IDS.includes(type) && value === UNSET) return E.EINVAL;
    if (!TEXTS.includes(type)) {
      const field = { type, op, value };
      if (type === FIELD.INODE) {
        if (!ofCalls(list) || namesFile(files) || !isEquality(op)) return E.EINVAL;
        files.inode = field;
      }
      fields.push(field);
      continue;
    }
    if (type === FIELD.FILTERKEY && (files.key !== undefined || value > KEY_MAX)) return E.EINVAL;
    if (type === FIELD.EXE && (files.exe !== undefined || value > PATH_MAX)) return E.EINVAL;
    const whole = texts.next(value);
    if (failed(whole)) return whole;
    const text = type === FIELD.CONTID ? whole : untilFirstNul(whole);
    const refused =
      refusal({ type, op, value: text }) ?? takeText({ list, op, type, text, ends: whole.at(-1) }, files, paths);
    if (refused !== undefined) return refused;
    const canonical = type === FIELD.EXE ? paths.canonical?.(text) : undefined;
    fields.push({ type, op, value: text, ...(canonical !== undefined && { canonical }) });
  }
  const mask = new Uint32Array(MASK_WORDS);
  for (let index = 0; index < MASK_WORDS; index++) mask[index] = word(MASK + 4 * index);
  expandClasses(mask);
  return { list, prepend: (flags & PREPEND) !== 0, action, mask, fields, legacyLogin, ...files };
}

interface RuleFiles {
  key?: string;
  watch?: string;
  directory?: string;
  inode?: RuleField;
  exe?: string;
}

/** A rule is about one file at most. */
function namesFile({ watch, directory, inode }: RuleFiles): boolean {
  return watch !== undefined || directory !== undefined || inode !== undefined;
}

/** `ends`: the last character of what was given, which may be behind a NUL. */
function takeText(
  { list, op, type, text, ends }: { list: number; op: number; type: number; text: string; ends: string | undefined },
  files: RuleFiles,
  paths: RulePaths,
): Errno | undefined {
  if (type === FIELD.FILTERKEY) files.key = text;
  else if (type === FIELD.EXE) {
    if (!text.startsWith('/') || ends === '/') return E.EINVAL;
    files.exe = text;
    return paths.parent(text);
  } else if (type === FIELD.WATCH || type === FIELD.DIR) {
    if (!text.startsWith('/') || !ofCalls(list) || op !== OP.EQUAL || namesFile(files)) return E.EINVAL;
    if (type === FIELD.DIR) files.directory = text;
    else if (ends === '/') return E.EINVAL;
    else files.watch = text;
  }
  return undefined;
}

export function ruleData(rule: AuditRule): Uint8Array {
  const texts = rule.fields.flatMap(({ value }) => (typeof value === 'string' ? [value] : [])).join('');
  const data = new Uint8Array(RULE_SIZE + texts.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, rule.list, true);
  view.setUint32(4, rule.action, true);
  view.setUint32(8, rule.fields.length, true);
  rule.mask.forEach((word, index) => {
    view.setUint32(MASK + 4 * index, word, true);
  });
  rule.fields.forEach(({ type, op, value }, index) => {
    const legacy = type === FIELD.LOGINUID_SET && rule.legacyLogin && value === 0;
    view.setUint32(FIELDS + 4 * index, legacy ? FIELD.LOGINUID : type, true);
    view.setUint32(OPERATORS + 4 * index, op, true);
    view.setUint32(VALUES + 4 * index, legacy ? UNSET : typeof value === 'string' ? value.length : value, true);
  });
  view.setUint32(BUFFER_LENGTH, texts.length, true);
  for (let index = 0; index < texts.length; index++) data[RULE_SIZE + index] = texts.charCodeAt(index);
  return data;
}

/** Paths that adding or removing such a rule would look up. */
export function rulePaths(data: Uint8Array): string[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  if (data.length < RULE_SIZE) return [];
  const texts = new RequestTexts(data, RULE_SIZE);
  const found: string[] = [];
  const count = Math.min(view.getUint32(8, true), MAX_FIELDS);
  for (let index = 0; index < count; index++) {
    const type = view.getUint32(FIELDS + 4 * index, true);
    if (!TEXTS.includes(type)) continue;
    const text = texts.next(view.getUint32(VALUES + 4 * index, true));
    if (failed(text)) break;
    if (type === FIELD.WATCH || type === FIELD.DIR || type === FIELD.EXE) found.push(untilFirstNul(text));
  }
  return found;
}
