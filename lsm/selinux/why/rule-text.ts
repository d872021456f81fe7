/**
 * Rules of the access vector table as policy source text.
 */
import type { MetRule } from '../decide/explain.ts';
import {
  AVTAB_ALLOWED,
  AVTAB_AUDITALLOW,
  AVTAB_AUDITDENY,
  AVTAB_CHANGE,
  AVTAB_MEMBER,
  AVTAB_TRANSITION,
  AVTAB_XPERMS_ALLOWED,
  AVTAB_XPERMS_AUDITALLOW,
  type ExtendedPermissions,
} from '../policy/avtab.ts';
import type { ClassDatum } from '../policy/datums.ts';
import type { PolicyDb } from '../policy/policydb.ts';
import { braced, typeName } from './names.ts';

/** Names of the permissions in a vector. */
export function permissionNames({ permissionNames: names }: ClassDatum, vector: number): string[] {
  return names.filter((name, bit): name is string => name !== undefined && ((vector >>> bit) & 1) === 1);
}

const TYPE_RULES: ReadonlyMap<number, string> = new Map([
  [AVTAB_TRANSITION, 'type_transition'],
  [AVTAB_MEMBER, 'type_member'],
  [AVTAB_CHANGE, 'type_change'],
]);

/** `allow domain data_t:file { read write };` */
export function ruleText(db: PolicyDb, datum: ClassDatum, met: MetRule): string {
  const { table, rule, sourceType, targetType } = met;
  const kind = table.kind(rule);
  const head = `${typeName(db, sourceType)} ${typeName(db, targetType)}:${datum.name}`;
  const extended = table.extended(rule);
  if (kind === AVTAB_ALLOWED) return `allow ${head} ${braced(permissionNames(datum, table.data(rule)))};`;
  if (kind === AVTAB_AUDITALLOW) return `auditallow ${head} ${braced(permissionNames(datum, table.data(rule)))};`;
  if (kind === AVTAB_AUDITDENY) return `dontaudit ${head} ${braced(permissionNames(datum, ~table.data(rule)))};`;
  const ofType = TYPE_RULES.get(kind);
  if (ofType !== undefined) return `${ofType} ${head} ${typeName(db, table.data(rule))};`;
  const word =
    kind === AVTAB_XPERMS_ALLOWED
      ? 'allowxperm'
      : kind === AVTAB_XPERMS_AUDITALLOW
        ? 'auditallowxperm'
        : 'dontauditxperm';
  return `${word} ${head} ${extended === undefined ? '?' : commandsText(extended)};`;
}

const NETLINK_MESSAGE = 3;
const IOCTL_DRIVER = 2;

/** `ioctl { 0x5401 0x8910-0x8912 }` */
export function commandsText({ specified, driver, permissions }: ExtendedPermissions): string {
  const ranges: string[] = [];
  const wholeDrivers = specified === IOCTL_DRIVER;
  const has = (bit: number) => (((permissions[bit >> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
  for (let bit = 0; bit < 256; bit++) {
    if (!has(bit)) continue;
    const first = bit;
    while (bit < 255 && has(bit + 1)) bit++;
    const low = wholeDrivers ? first << 8 : (driver << 8) | first;
    const high = wholeDrivers ? (bit << 8) | 0xff : (driver << 8) | bit;
    ranges.push(low === high ? hex16(low) : `${hex16(low)}-${hex16(high)}`);
  }
  return `${specified === NETLINK_MESSAGE ? 'nlmsg' : 'ioctl'} ${braced(ranges)}`;
}

export function hex16(command: number): string {
  return `0x${command.toString(16).padStart(4, '0')}`;
}
