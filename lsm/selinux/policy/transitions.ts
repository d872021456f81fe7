/**
 * Role transitions, role allows and range transitions.
 */
import { E } from '../../../linux/errno.ts';
import type { MlsRange, SymbolTables } from './datums.ts';
import { type MlsTables, rangeIsValid, readRange } from './mls.ts';
import { type RoleAllow, ruleKey } from './policydb.ts';
import { type Reader, reject, require } from './reader.ts';
import { checkValue } from './symbol-table.ts';

export const VERSION_ROLE_TRANSITION_CLASS = 26;

/** u32 count; each: u32 role, u32 type, u32 new role, [v26: u32 class]. Key: ruleKey(role, type, class). */
export function readRoleTransitions(
  reader: Reader,
  tables: Pick<SymbolTables, 'roles' | 'types' | 'classes'>,
  processClass: number,
  version: number,
): ReadonlyMap<number, number> {
  const transitions = new Map<number, number>();
  const count = reader.hashTableCount();
  for (let i = 0; i < count; i++) {
    const role = checkValue(reader.u32(), tables.roles);
    const type = checkValue(reader.u32(), tables.types);
    const newRole = checkValue(reader.u32(), tables.roles);
    const targetClass =
      version >= VERSION_ROLE_TRANSITION_CLASS ? checkValue(reader.u32(), tables.classes) : processClass;
    const key = ruleKey(role, type, targetClass);
    if (transitions.has(key)) reject(E.EEXIST);
    transitions.set(key, newRole);
  }
  return transitions;
}

/** u32 count; each: u32 role, u32 new role. */
export function readRoleAllows(reader: Reader, tables: Pick<SymbolTables, 'roles'>): RoleAllow[] {
  const allows: RoleAllow[] = [];
  const count = reader.u32();
  for (let i = 0; i < count; i++) {
    allows.push({ role: checkValue(reader.u32(), tables.roles), newRole: checkValue(reader.u32(), tables.roles) });
  }
  return allows;
}

/** u32 count; each: u32 source type, u32 target type, u32 class, range. Key: ruleKey(source, target, class). */
export function readRangeTransitions(
  reader: Reader,
  tables: Pick<SymbolTables, 'types' | 'classes'> & MlsTables,
): ReadonlyMap<number, MlsRange> {
  const transitions = new Map<number, MlsRange>();
  const count = reader.hashTableCount();
  for (let i = 0; i < count; i++) {
    const source = checkValue(reader.u32(), tables.types);
    const target = checkValue(reader.u32(), tables.types);
    const targetClass = checkValue(reader.u32(), tables.classes);
    const range = readRange(reader);
    require(rangeIsValid(tables, range));
    const key = ruleKey(source, target, targetClass);
    if (transitions.has(key)) reject(E.EEXIST);
    transitions.set(key, range);
  }
  return transitions;
}
