/**
 * `-F FIELD OPERATOR VALUE` and `-C ID OPERATOR ID` of auditctl(8), with what it refuses itself (audit_rule_fieldpair_data() of libaudit
 * 4.0.2). A kernel knows no names of users and groups: these are numbers here, or `unset`.
 */
import { FIELD, LIST, OP, UNSET } from '../../../../linux/audit.ts';
import { CALLS_OF_ARCH } from '../../../../linux/audit-calls.ts';
import {
  COMPARED,
  ERROR_NAMES,
  FIELD_NAMES,
  FILE_TYPE_NAMES,
  FILESYSTEM_NAMES,
  LAST_URING,
  URING_NAMES,
} from '../../../../linux/audit-rule-names.ts';
import { E, type Result } from '../../../../linux/errno.ts';
import type { RecordNames } from '../record-line.ts';
import { contidText, LABELS, type RuleField } from '../rule.ts';
import { OPERATORS, PERMISSIONS } from './words.ts';

const U32 = 2 ** 32;
const U64 = 2n ** 64n;

const USERS: readonly number[] = [
  FIELD.UID,
  FIELD.EUID,
  FIELD.SUID,
  FIELD.FSUID,
  FIELD.LOGINUID,
  FIELD.OBJ_UID,
  FIELD.SESSIONID,
];
const GROUPS: readonly number[] = [FIELD.GID, FIELD.EGID, FIELD.SGID, FIELD.FSGID, FIELD.OBJ_GID];
const TEXTS: readonly number[] = [...LABELS, FIELD.WATCH, FIELD.DIR, FIELD.EXE, FIELD.FILTERKEY];
const MACHINES: ReadonlyMap<string, number> = new Map([
  ['x86_64', 0xc000003e],
  ['aarch64', 0xc00000b7],
  ['i386', 0x40000003],
  ['i686', 0x40000003],
]);

export interface FieldContext {
  readonly list: number;
  readonly names: RecordNames;
  /** AUDIT_ARCH_* of the kernel. */
  readonly machine: number;
}

/** @param pair `uid>=1000`. */
export function parseField(pair: string, context: FieldContext): Result<RuleField> {
  const split = parts(pair);
  if (split === undefined) return E.EINVAL;
  const { left, op, right } = split;
  const type = numberOf(FIELD_NAMES, left) ?? (left.toLowerCase() === 'loginuid' ? FIELD.LOGINUID : undefined);
  if (type === undefined || type === FIELD.COMPARE || right === '') return E.EINVAL;
  const value = ruleValue(type, op, right, context);
  return value === undefined ? E.EINVAL : { type, op, value };
}

/** @param pair `auid!=obj_uid`, in either order. */
export function parseComparison(pair: string, { list }: FieldContext): Result<RuleField> {
  const split = parts(pair);
  if (split === undefined || list !== LIST.EXIT) return E.EINVAL;
  const { left, op, right } = split;
  if (op !== OP.EQUAL && op !== OP.NOT_EQUAL) return E.EINVAL;
  const value = numberOf(COMPARED, `${left},${right}`) ?? numberOf(COMPARED, `${right},${left}`);
  return value === undefined ? E.EINVAL : { type: FIELD.COMPARE, op, value };
}

function parts(pair: string): { readonly left: string; readonly op: number; readonly right: string } | undefined {
  const [, left = '', sign, right = ''] = /^([a-z0-9_]+)(!=|&=|<=|>=|=|<|>|&)(.*)$/is.exec(pair) ?? [];
  const [op] = [...OPERATORS].find(([, symbol]) => symbol === sign) ?? [];
  return op === undefined ? undefined : { left, op, right };
}

function numberOf(names: ReadonlyMap<number, string>, word: string): number | undefined {
  return [...names].find(([, name]) => name.toLowerCase() === word.toLowerCase())?.[0];
}

/** The number that a rule carries, or the text. */
function ruleValue(type: number, op: number, text: string, context: FieldContext): number | string | undefined {
  const { list, names, machine } = context;
  if (TEXTS.includes(type)) return text;
  if (USERS.includes(type)) return text.toLowerCase() === 'unset' ? UNSET : whole(text);
  if (GROUPS.includes(type)) return whole(text);
  switch (type) {
    case FIELD.MSGTYPE:
      return list === LIST.EXCLUDE || list === LIST.USER ? (whole(text) ?? names.number(text)) : undefined;
    case FIELD.ARCH:
      return op === OP.EQUAL || op === OP.NOT_EQUAL ? archOf(text, machine) : undefined;
    case FIELD.PERM:
      return op === OP.EQUAL && list === LIST.EXIT ? permissionsOf(text) : undefined;
    case FIELD.EXIT: {
      const [, minus, name = ''] = /^(-?)([A-Za-z]\w*)$/.exec(text) ?? [];
      const error = numberOf(ERROR_NAMES, name);
      if (error === undefined) return whole(text);
      return minus === '' ? error : U32 - error;
    }
    case FIELD.FILETYPE:
      return list === LIST.EXIT ? numberOf(FILE_TYPE_NAMES, text) : undefined;
    case FIELD.FSTYPE:
      return whole(text) ?? numberOf(FILESYSTEM_NAMES, text);
    case FIELD.CONTID:
      return /^\d{1,20}$/.test(text) && BigInt(text) < U64 ? contidText(BigInt(text)) : undefined;
    default:
      return whole(text);
  }
}

/** Decimal, or hexadecimal with `0x`; below 2^32, or negative down to -2^31. */
function whole(text: string): number | undefined {
  if (!/^(-?\d+|0x[0-9a-f]+)$/i.test(text)) return undefined;
  const value = Number(text);
  return value >= U32 || value < -U32 / 2 ? undefined : value >>> 0;
}

/** `b64`, `b32`, the name of a machine, or AUDIT_ARCH_* in hexadecimal. */
function archOf(text: string, machine: number): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return whole(text);
  if (text === 'b64') return machine;
  if (text === 'b32') return machine === MACHINES.get('x86_64') ? MACHINES.get('i386') : 0x40000028;
  return MACHINES.get(text.toLowerCase());
}

export function permissionsOf(text: string): number | undefined {
  if (!/^[rwxa]{1,4}$/i.test(text)) return undefined;
  return [...text.toLowerCase()].reduce((all, letter) => all | (PERMISSIONS.get(letter) ?? 0), 0);
}

/** Sets the bits of calls that are named, or numbered. @returns EINVAL for a name that is not known. */
export function addCalls(
  mask: Uint32Array,
  words: string,
  known: ReadonlyMap<number, string> | undefined,
): Result<undefined> {
  for (const word of words.split(',')) {
    if (word.toLowerCase() === 'all') {
      // Of io_uring all that auditctl knows.
      if (known === URING_NAMES) for (const number of known.keys()) if (number <= LAST_URING) addCall(mask, number);
      if (known !== URING_NAMES) mask.fill(0xffffffff);
      continue;
    }
    const number = /^\d+$/.test(word) ? Number(word) : known && numberOf(known, word);
    if (number === undefined || number >= 32 * mask.length) return E.EINVAL;
    addCall(mask, number);
  }
  return undefined;
}

function addCall(mask: Uint32Array, number: number): void {
  const index = number >>> 5;
  mask[index] = ((mask[index] ?? 0) | (1 << (number & 31))) >>> 0;
}

export const callsOf = (arch: number): ReadonlyMap<number, string> | undefined => CALLS_OF_ARCH.get(arch);
