/** A rule as `auditctl -l` prints it (audit 4.0.2). Texts are latin-1. */
import { ALWAYS, FIELD, LIST } from '../../../../linux/audit.ts';
import { CALLS_OF_ARCH } from '../../../../linux/audit-calls.ts';
import {
  COMPARED,
  ERROR_NAMES,
  FIELD_NAMES,
  FILESYSTEM_NAMES,
  LAST_URING,
  LIST_NAMES,
  URING_NAMES,
} from '../../../../linux/audit-rule-names.ts';
import type { RecordNames } from '../record-line.ts';
import { type AuditRule, contidNumber, type RuleField } from '../rule.ts';
import { KEY_SEPARATOR, OPERATORS, PERMISSIONS } from './words.ts';

const BITS = 32;
/** __AUDIT_ARCH_64BIT */
const WIDE = 0x80000000;
/** Lists of which rules name calls. */
const OF_CALLS: readonly number[] = [LIST.EXIT, LIST.URING];
const WATCH_FIELDS: readonly number[] = [FIELD.PERM, FIELD.FILTERKEY, FIELD.DIR, FIELD.WATCH];

/** @param machine AUDIT_ARCH_* of the kernel. */
export function formatRule(rule: AuditRule, names: RecordNames, machine: number): string {
  const watch = isWatch(rule);
  const fields = rule.fields.flatMap((field) => fieldTexts(shown(rule, field), names, watch));
  const file = fields.findIndex((text) => text.startsWith('-w '));
  if (watch && file > 0) fields.unshift(...fields.splice(file, 1));
  if (watch) return fields.join(' ');
  const arch = rule.fields.find(({ type }) => type === FIELD.ARCH);
  const head = `-a ${rule.action === ALWAYS ? 'always' : 'never'},${LIST_NAMES.get(rule.list)}`;
  return [head, ...(arch ? [archText(arch)] : []), ...callsText(rule, Number(arch?.value ?? machine)), ...fields].join(
    ' ',
  );
}

/** As it was given: `auid` compared with the unset value is another field in the kernel. */
function shown({ legacyLogin }: AuditRule, field: RuleField): RuleField {
  const isLegacy = legacyLogin && field.type === FIELD.LOGINUID_SET && field.value === 0;
  return isLegacy ? { ...field, type: FIELD.LOGINUID, value: -1 } : field;
}

function isWatch({ list, mask, fields }: AuditRule): boolean {
  const ofWatch = fields.every(({ type }) => WATCH_FIELDS.includes(type));
  return list === LIST.EXIT && ofWatch && fields.some(({ type }) => type === FIELD.PERM) && namesAll(mask);
}

/** The last word is not looked at. */
function namesAll(mask: Uint32Array): boolean {
  return mask.subarray(0, -1).every((word) => word === 0xffffffff);
}

function archText({ op, value }: RuleField): string {
  const known = CALLS_OF_ARCH.has(Number(value));
  const name = (Number(value) & WIDE) === 0 ? 'b32' : 'b64';
  return `-F arch${OPERATORS.get(op)}${known ? name : `0x${Number(value).toString(16).toUpperCase()}`}`;
}

function callsText({ list, mask }: AuditRule, arch: number): string[] {
  if (!OF_CALLS.includes(list)) return [];
  if (namesAll(mask)) return ['-S all'];
  const known = list === LIST.URING ? URING_NAMES : CALLS_OF_ARCH.get(arch);
  const calls: (string | number)[] = [];
  mask.forEach((word, index) => {
    for (let bit = 0; bit < BITS; bit++) {
      const number = index * BITS + bit;
      const isNamed = list !== LIST.URING || number <= LAST_URING;
      if (((word >>> bit) & 1) !== 0 && isNamed) calls.push(known?.get(number) ?? number);
    }
  });
  return calls.length === 0 ? [] : [`-S ${calls.join(',')}`];
}

function fieldTexts({ type, op, value }: RuleField, names: RecordNames, watch: boolean): string[] {
  const symbol = OPERATORS.get(op);
  const text = String(value);
  const number = Number(value) | 0;
  const plain = (shown: string | number): string[] => [`-F ${FIELD_NAMES.get(type) ?? `f${type}`}${symbol}${shown}`];
  switch (type) {
    case FIELD.ARCH:
      return [];
    case FIELD.MSGTYPE:
      return plain(names.of(Number(value)).startsWith('UNKNOWN[') ? number : names.of(Number(value)));
    case FIELD.WATCH:
    case FIELD.DIR:
      return watch ? [`-w ${text}`] : plain(text);
    case FIELD.FILTERKEY:
      return text.split(KEY_SEPARATOR).map((key) => (watch ? `-k ${key}` : `-F key=${key}`));
    case FIELD.PERM: {
      const letters = [...PERMISSIONS].map(([letter, bit]) => ((Number(value) & bit) === 0 ? '' : letter)).join('');
      return [watch ? `-p ${letters}` : `-F perm=${letters}`];
    }
    case FIELD.COMPARE: {
      const [left, right] = COMPARED.get(Number(value))?.split(',') ?? [];
      return [`-C ${left}${symbol}${right}`];
    }
    case FIELD.EXIT: {
      const name = ERROR_NAMES.get(-number);
      return plain(name === undefined ? number : `-${name}`);
    }
    case FIELD.ARG0:
    case FIELD.ARG1:
    case FIELD.ARG2:
    case FIELD.ARG3:
      return plain(`0x${(number >>> 0).toString(16).toUpperCase()}`);
    case FIELD.FSTYPE:
      return plain(FILESYSTEM_NAMES.get(Number(value)) ?? number);
    case FIELD.INODE:
      return plain(number >>> 0);
    case FIELD.CONTID:
      return plain(String(contidNumber(text)));
    default:
      return plain(typeof value === 'string' ? text : number);
  }
}
