/**
 * Security contexts by value: reading them from a policy image, and which ones the policy admits (policydb_context_isvalid).
 */

import type { SymbolTables } from './datums.ts';
import { rangeContains, rangeIsValid, readRange } from './mls.ts';
import { type Context, OBJECT_R, type PolicyHeader } from './policydb.ts';
import { type Reader, require } from './reader.ts';

export type ContextTables = Pick<SymbolTables, 'users' | 'roles' | 'types' | 'levels' | 'categories'> &
  Pick<PolicyHeader, 'mls'>;

export function contextIsValid(tables: ContextTables, context: Context): boolean {
  const { user, role, type, range } = context;
  if (!inTable(role, tables.roles.maximum) || !inTable(user, tables.users.maximum)) return false;
  if (!inTable(type, tables.types.maximum)) return false;
  if (role !== OBJECT_R) {
    if (tables.roles.byValue(role)?.types.has(type - 1) !== true) return false;
    if (tables.users.byValue(user)?.roles.has(role - 1) !== true) return false;
  }
  if (!tables.mls) return true;
  if (!rangeIsValid(tables, range)) return false;
  if (role === OBJECT_R) return true;
  const datum = tables.users.byValue(user);
  return datum !== undefined && rangeContains(datum.range, range);
}

/** u32 user, u32 role, u32 type, range. Only valid ones may be in a policy. */
export function readContext(reader: Reader, tables: ContextTables): Context {
  const context = { user: reader.u32(), role: reader.u32(), type: reader.u32(), range: readRange(reader) };
  require(contextIsValid(tables, context));
  return context;
}

function inTable(value: number, maximum: number): boolean {
  return value > 0 && value <= maximum;
}
