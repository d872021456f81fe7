/**
 * Sanity of bounds: what bounds something must itself be able to do it, and chains are short.
 */

import type { SymbolTables } from './datums.ts';
import type { Ebitmap } from './ebitmap.ts';
import { require } from './reader.ts';
import type { Named, SymbolTable } from './symbol-table.ts';
import type { ReadTypes } from './type-table.ts';

/** POLICYDB_BOUNDS_MAXDEPTH */
const MAX_DEPTH = 4;

interface BoundedDatum extends Named {
  readonly bounds: number;
}

export function checkBounds({ users, roles }: Pick<SymbolTables, 'users' | 'roles'>, types: ReadTypes): void {
  checkChains(users, (user) => user.roles);
  checkChains(roles, (role) => role.types);
  for (const type of types.bounded) for (const upper of boundChain(types.types, type)) require(!upper.attribute);
}

function checkChains<T extends BoundedDatum>(table: SymbolTable<T>, members: (datum: T) => Ebitmap): void {
  for (const datum of table.all()) {
    for (const upper of boundChain(table, datum)) require(members(upper).contains(members(datum)));
  }
}

function* boundChain<T extends BoundedDatum>(table: SymbolTable<T>, datum: T): IterableIterator<T> {
  let current = datum;
  for (let depth = 1; current.bounds !== 0; depth++) {
    require(depth < MAX_DEPTH);
    const upper = table.byValue(current.bounds);
    require(upper !== undefined);
    yield upper;
    current = upper;
  }
}
