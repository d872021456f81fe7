/**
 * Extended permissions: decisions finer than one bit of the access vector, by 16-bit command = driver byte and function byte.
 */
import {
  AVTAB_XPERMS,
  AVTAB_XPERMS_ALLOWED,
  AVTAB_XPERMS_AUDITALLOW,
  type AvTable,
  type ExtendedPermissions,
} from '../policy/avtab.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import type { PolicyState } from './policy-state.ts';
import { visitRules } from './rule-walk.ts';

/** The permission that is refined. */
export type XpermsBase = 'ioctl' | 'nlmsg';

/** Kinds of extended rules (`specified`). */
const IOCTL_FUNCTION = 1;
const IOCTL_DRIVER = 2;
const NETLINK_MESSAGE = 3;

/** Decision for one driver byte: 256 bits each, bit n = word n/32. */
export interface XpermsDecision {
  readonly allowed: Uint32Array;
  readonly auditallow: Uint32Array;
  readonly dontaudit: Uint32Array;
}

/** The version of the format whose kernels keep base permissions apart and know extended rules in conditions. */
const VERSION_CONDITIONAL_XPERMS = 34;

/**
 * `undefined`: no extended rule refines this (source, target, class, base), so the base permission decides alone. Otherwise a command is
 * granted when the base permission is and `allowed` has its function byte.
 *
 * Kernels that read versions up to 33 only (Linux 6.12) close `ioctl` when there is an extended rule of any kind,
 * netlink messages included, and take no command from a rule in a condition. They never ask about `nlmsg`: that is
 * decided as by later kernels.
 */
export function computeXperms(
  state: PolicyState,
  source: Context,
  target: Context,
  classValue: number,
  driver: number,
  base: XpermsBase,
): XpermsDecision | undefined {
  const { db } = state;
  let decision: XpermsDecision | undefined;
  visitRules(db, source, target, classValue, (table, rule) => {
    if (table === db.conditionalRules && !state.isEnabled(rule)) return;
    const effect = xpermsEffect(db, table, rule, base);
    const extended = effect === 'none' ? undefined : table.extended(rule);
    if (extended === undefined) return;
    decision ??= { allowed: new Uint32Array(8), auditallow: new Uint32Array(8), dontaudit: new Uint32Array(8) };
    if (effect === 'closes') return;
    const kind = table.kind(rule);
    const set =
      kind === AVTAB_XPERMS_ALLOWED
        ? decision.allowed
        : kind === AVTAB_XPERMS_AUDITALLOW
          ? decision.auditallow
          : decision.dontaudit;
    addFunctions(set, extended, driver);
  });
  return decision;
}

/** Whether a 256-bit set has `bit`. */
export function hasFunction(set: Uint32Array, bit: number): boolean {
  return (((set[bit >> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
}

/**
 * What an extended rule in force does to a base permission: its commands count, or it only closes the permission to all
 * commands that no other rule names, or nothing.
 */
export function xpermsEffect(
  { version, conditionalRules }: PolicyDb,
  table: AvTable,
  rule: number,
  base: XpermsBase,
): 'counts' | 'closes' | 'none' {
  const extended = (table.kind(rule) & AVTAB_XPERMS) === 0 ? undefined : table.extended(rule);
  if (extended === undefined) return 'none';
  const early = base === 'ioctl' && version < VERSION_CONDITIONAL_XPERMS;
  const { specified } = extended;
  const concerns =
    base === 'nlmsg' ? specified === NETLINK_MESSAGE : specified === IOCTL_FUNCTION || specified === IOCTL_DRIVER;
  if (concerns && !(early && table === conditionalRules)) return 'counts';
  return early ? 'closes' : 'none';
}

/** Whether an extended rule names a command of 16 bits. */
export function namesCommand({ specified, driver, permissions }: ExtendedPermissions, command: number): boolean {
  const [driverByte, functionByte] = [command >> 8, command & 0xff];
  if (specified === IOCTL_DRIVER) return hasFunction(permissions, driverByte);
  return driver === driverByte && hasFunction(permissions, functionByte);
}

function addFunctions(set: Uint32Array, extended: ExtendedPermissions, driver: number): void {
  if (extended.specified === IOCTL_DRIVER) {
    if (hasFunction(extended.permissions, driver)) set.fill(0xffffffff);
  } else if (extended.driver === driver) {
    for (let i = 0; i < set.length; i++) set[i] = (set[i] ?? 0) | (extended.permissions[i] ?? 0);
  }
}
