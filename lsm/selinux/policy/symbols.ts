/**
 * The eight symbol tables, in file order: commons, classes, roles, types, users, booleans, levels, categories.
 *
 * Each table is u32 highest value, u32 number of entries, entries. Values are checked against the highest one only later ({@link
 * checkSymbolValues}), as the kernel does, because rules that follow are judged by the highest value alone.
 */
import { E } from '../../../linux/errno.ts';
import { readClass, readCommon } from './classes.ts';
import type {
  BooleanDatum,
  CategoryDatum,
  LevelDatum,
  RoleDatum,
  SymbolTables,
  TypeDatum,
  UserDatum,
} from './datums.ts';
import { EMPTY_EBITMAP, readEbitmap } from './ebitmap.ts';
import { readLevel, readRange } from './mls.ts';
import { OBJECT_R } from './policydb.ts';
import { POINTER, type Reader, reject, require } from './reader.ts';
import { type Named, SymbolTable } from './symbol-table.ts';

export const TYPE_PRIMARY = 1;
export const TYPE_ATTRIBUTE = 2;

/** Highest class value: rules hold it in 16 bits. */
const MAX_CLASS = 0xffff;

/** `classesAt`: where the table of classes begins in the image. */
export function readSymbols(reader: Reader, version: number): SymbolTables & { readonly classesAt: number } {
  const commons = readTable(reader, readCommon, always);
  const classesAt = reader.position;
  return {
    classesAt,
    commons,
    classes: readTable(reader, (r) => readClass(r, commons, version), always),
    roles: readRoles(reader),
    types: readTable(reader, readType, (type) => type.primary),
    users: readTable(reader, readUser, always),
    booleans: readTable(reader, readBoolean, always),
    levels: readTable(reader, readSensitivity, (level) => !level.isAlias),
    categories: readTable(reader, readCategory, (category) => !category.isAlias),
  };
}

/**
 * Every primary value, and every bound, lies in its table; of levels and categories the aliases as well. Classes and booleans leave no
 * value unclaimed.
 */
export function checkSymbolValues(reader: Reader, tables: SymbolTables): void {
  // The kernel indexes all tables by value before it looks at any.
  for (const { maximum } of [tables.classes, tables.roles, tables.users]) reader.allocation(maximum, POINTER);
  reader.largeAllocation(tables.types.maximum, POINTER);
  reader.allocation(tables.booleans.maximum, POINTER);
  for (const table of Object.values<SymbolTable<Named>>({ ...tables })) reader.largeAllocation(table.maximum, POINTER);

  for (const table of [tables.commons, tables.classes, tables.roles, tables.types, tables.users, tables.booleans]) {
    for (const { value } of table.primaries()) require(value >= 1 && value <= table.maximum);
  }
  for (const table of [tables.levels, tables.categories]) {
    for (const { value } of table.all()) require(value >= 1 && value <= table.maximum);
  }
  for (const table of [tables.roles, tables.types, tables.users]) {
    for (const { bounds } of table.primaries()) require(bounds <= table.maximum);
  }
  require(tables.classes.maximum <= MAX_CLASS);
  for (const table of [tables.classes, tables.booleans]) require(table.size === table.maximum);
}

function always(): boolean {
  return true;
}

function readTable<T extends Named>(
  reader: Reader,
  read: (reader: Reader) => T,
  isPrimary: (datum: T) => boolean,
): SymbolTable<T> {
  const table = new SymbolTable<T>(reader.u32());
  const count = reader.hashTableCount();
  for (let i = 0; i < count; i++) {
    const datum = read(reader);
    if (!table.add(datum, isPrimary(datum))) reject(E.EEXIST);
  }
  return table;
}

/** The kernel has its own `object_r`, without types, whatever the policy says of it. */
function readRoles(reader: Reader): SymbolTable<RoleDatum> {
  const table = new SymbolTable<RoleDatum>(reader.u32());
  table.add({ name: 'object_r', value: OBJECT_R, bounds: 0, dominates: EMPTY_EBITMAP, types: EMPTY_EBITMAP }, true);
  const count = reader.hashTableCount();
  require(count > 0); // a table made for none has no room for object_r
  for (let i = 0; i < count; i++) {
    const role = readRole(reader);
    if (role.name === 'object_r') require(role.value === OBJECT_R);
    else if (!table.add(role, true)) reject(E.EEXIST);
  }
  return table;
}

/** u32 name length, u32 value, u32 bounds, name, dominated roles, types. */
function readRole(reader: Reader): RoleDatum {
  const nameLength = reader.u32();
  const value = reader.u32();
  const bounds = reader.u32();
  const name = reader.string(nameLength);
  return { name, value, bounds, dominates: readEbitmap(reader), types: readEbitmap(reader) };
}

/** u32 name length, u32 value, u32 properties, u32 bounds, name. An alias has no primary property. */
function readType(reader: Reader): TypeDatum {
  const nameLength = reader.u32();
  const value = reader.u32();
  const properties = reader.u32();
  const bounds = reader.u32();
  return {
    name: reader.string(nameLength),
    value,
    primary: (properties & TYPE_PRIMARY) !== 0,
    attribute: (properties & TYPE_ATTRIBUTE) !== 0,
    bounds,
  };
}

/** u32 name length, u32 value, u32 bounds, name, roles, range, default level. */
function readUser(reader: Reader): UserDatum {
  const nameLength = reader.u32();
  const value = reader.u32();
  const bounds = reader.u32();
  const name = reader.string(nameLength);
  return {
    name,
    value,
    bounds,
    roles: readEbitmap(reader),
    range: readRange(reader),
    defaultLevel: readLevel(reader),
  };
}

/** u32 value, u32 state, u32 name length, name. */
function readBoolean(reader: Reader): BooleanDatum {
  const value = reader.u32();
  const state = reader.u32();
  require(state === 0 || state === 1);
  return { name: reader.string(reader.u32()), value, state };
}

/** u32 name length, u32 is alias, name, level. */
function readSensitivity(reader: Reader): LevelDatum {
  const nameLength = reader.u32();
  const isAlias = readFlag(reader);
  const name = reader.string(nameLength);
  const level = readLevel(reader);
  return { name, value: level.sensitivity, isAlias, level };
}

/** u32 name length, u32 value, u32 is alias, name. */
function readCategory(reader: Reader): CategoryDatum {
  const nameLength = reader.u32();
  const value = reader.u32();
  const isAlias = readFlag(reader);
  return { name: reader.string(nameLength), value, isAlias };
}

function readFlag(reader: Reader): boolean {
  const value = reader.u32();
  require(value <= 1);
  return value === 1;
}
