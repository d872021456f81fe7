/**
 * Carrying contexts over to a newly loaded policy, by names (convert_context of ss/services.c).
 */

import type { MlsLevel, MlsRange } from '../policy/datums.ts';
import { Ebitmap } from '../policy/ebitmap.ts';
import { NO_RANGE } from '../policy/mls.ts';
import type { Context, PolicyDb } from '../policy/policydb.ts';
import type { Named, SymbolTable } from '../policy/symbol-table.ts';
import { SID } from './initial-sids.ts';

/** `undefined`: a name is missing in the new policy. Whether the context is valid there is another question. */
export function convertContext(older: PolicyDb, newer: PolicyDb, context: Context): Context | undefined {
  const user = convertValue(older.users, newer.users, context.user);
  const role = convertValue(older.roles, newer.roles, context.role);
  const type = convertValue(older.types, newer.types, context.type);
  const range = convertRange(older, newer, context.range);
  if (user === undefined || role === undefined || type === undefined || range === undefined) return undefined;
  return { user, role, type, range };
}

function convertValue(older: SymbolTable<Named>, newer: SymbolTable<Named>, value: number): number | undefined {
  const name = older.nameOf(value);
  return name === undefined ? undefined : newer.byName(name)?.value;
}

function convertRange(older: PolicyDb, newer: PolicyDb, range: MlsRange): MlsRange | undefined {
  if (!newer.mls) return NO_RANGE;
  // A policy that brings MLS gives everything the range of its unlabeled initial SID.
  if (!older.mls) return newer.objectContexts.initialSids.get(SID.unlabeled)?.range;
  const low = convertLevel(older, newer, range.low);
  const high = convertLevel(older, newer, range.high);
  return low === undefined || high === undefined ? undefined : { low, high };
}

function convertLevel(older: PolicyDb, newer: PolicyDb, level: MlsLevel): MlsLevel | undefined {
  const sensitivity = convertValue(older.levels, newer.levels, level.sensitivity);
  const bits: number[] = [];
  for (const bit of level.categories) {
    const value = convertValue(older.categories, newer.categories, bit + 1);
    if (value === undefined) return undefined;
    bits.push(value - 1);
  }
  return sensitivity === undefined ? undefined : { sensitivity, categories: Ebitmap.of(bits) };
}
