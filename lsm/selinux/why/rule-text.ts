/**
 * Rules of the access vector table as policy source text.
 */
import type { MetRule } from '../decide/explain.ts';
import {
  AVTAB_ALLOWED,
  AVTAB_AUDITALLOW,
  AVTAB_AUDITDENY,
  AVTAB_AV,
  AVTAB_CHANGE,
  AVTAB_MEMBER,
  AVTAB_TRANSITION,
  AVTAB_TYPE,
  AVTAB_XPERMS_ALLOWED,
  AVTAB_XPERMS_AUDITALLOW,
  AVTAB_XPERMS_DONTAUDIT,
  type ExtendedPermissions,
} from '../policy/avtab.ts';
import type { ClassDatum } from '../policy/datums.ts';
import type { PolicyDb } from '../policy/policydb.ts';
import { braced, typeName } from './names.ts';

/** Names of the permissions in a vector. */
export function permissionNames({ permissionNames: names }: ClassDatum, vector: number): string[] {
  return names.filter((name, bit): name is string => name !== undefined && ((vector >>> bit) & 1) === 1);
}

/** What a rule is called in the policy's language, by its AVTAB_* bit. */
export const RULE_WORDS: ReadonlyMap<number, string> = new Map([
  [AVTAB_ALLOWED, 'allow'],
  [AVTAB_AUDITALLOW, 'auditallow'],
  [AVTAB_AUDITDENY, 'dontaudit'],
  [AVTAB_TRANSITION, 'type_transition'],
  [AVTAB_MEMBER, 'type_member'],
  [AVTAB_CHANGE, 'type_change'],
  [AVTAB_XPERMS_ALLOWED, 'allowxperm'],
  [AVTAB_XPERMS_AUDITALLOW, 'auditallowxperm'],
  [AVTAB_XPERMS_DONTAUDIT, 'dontauditxperm'],
]);

/** `allow domain data_t:file { read write };` */
export function ruleText(db: PolicyDb, datum: ClassDatum, met: MetRule): string {
  const { table, rule, sourceType, targetType } = met;
  const kind = table.kind(rule);
  const head = `${RULE_WORDS.get(kind)} ${typeName(db, sourceType)} ${typeName(db, targetType)}:${datum.name}`;
  const data = table.data(rule);
  if ((kind & AVTAB_AV) !== 0) {
    return `${head} ${braced(permissionNames(datum, kind === AVTAB_AUDITDENY ? ~data : data))};`;
  }
  if ((kind & AVTAB_TYPE) !== 0) return `${head} ${typeName(db, data)};`;
  const extended = table.extended(rule);
  return `${head} ${extended === undefined ? '?' : commandsText(extended)};`;
}

const NETLINK_MESSAGE = 3;
const IOCTL_DRIVER = 2;

/** `ioctl { 0x5401 0x8910-0x8912 }` */
export function commandsText(extended: ExtendedPermissions): string {
  const { operation, commands } = commandsOf(extended);
  return `${operation} ${braced(intervalsOf(commands))}`;
}

/** `ioctl` or `nlmsg`, and its commands, ascending. */
export function commandsOf({ specified, driver, permissions }: ExtendedPermissions): {
  readonly operation: string;
  readonly commands: readonly number[];
} {
  const commands: number[] = [];
  for (let bit = 0; bit < 256; bit++) {
    if ((((permissions[bit >> 5] ?? 0) >>> (bit & 31)) & 1) === 0) continue;
    if (specified !== IOCTL_DRIVER) commands.push((driver << 8) | bit);
    else for (let command = bit << 8; command < (bit + 1) << 8; command++) commands.push(command);
  }
  return { operation: specified === NETLINK_MESSAGE ? 'nlmsg' : 'ioctl', commands };
}

/** Single commands and `0x8910-0x8912`. @param commands ascending. */
export function intervalsOf(commands: readonly number[]): string[] {
  const intervals: string[] = [];
  for (let i = 0; i < commands.length; i++) {
    const first = commands[i] ?? 0;
    let last = first;
    while (commands[i + 1] === last + 1) last = commands[++i] ?? 0;
    intervals.push(first === last ? hex16(first) : `${hex16(first)}-${hex16(last)}`);
  }
  return intervals;
}

export function hex16(command: number): string {
  return `0x${command.toString(16).padStart(4, '0')}`;
}
