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
  ClassDatum,
  CommonDatum,
  LevelDatum,
  RoleDatum,
  SymbolTables,
  UserDatum,
} from './datums.ts';
import { EMPTY_EBITMAP, readEbitmap } from './ebitmap.ts';
import { readLevel, readRange } from './mls.ts';
import { OBJECT_R } from './policydb.ts';
import { POINTER, type Reader, reject, require } from './reader.ts';
import { type Named, SymbolMap, type SymbolTable } from './symbol-table.ts';
import { type ReadTypes, readTypes } from './type-table.ts';

/** Highest class value: rules hold it in 16 bits. */
const MAX_CLASS = 0xffff;

/** Where each table begins in the image. */
export type SymbolPlaces = Readonly<Record<keyof SymbolTables, number>>;

export interface ReadSymbols {
  readonly tables: SymbolTables;
  readonly places: SymbolPlaces;
  /** Where each class ends in the image, in file order. */
  readonly classEnds: readonly number[];
  readonly types: ReadTypes;
}

export function readSymbols(reader: Reader, version: number): ReadSymbols {
  const places: Partial<Record<keyof SymbolTables, number>> = {};
  const classEnds: number[] = [];
  const at = <T>(name: keyof SymbolTables, read: (reader: Reader) => T): T => {
    places[name] = reader.position;
    return read(reader);
  };
  const commons = at('commons', readCommons);
  const classes = at('classes', () =>
    readTable(reader, (r) => {
      const datum = readClass(r, commons, version);
      classEnds.push(r.position);
      return datum;
    }),
  );
  const roles = at('roles', readRoles);
  const types = at('types', readTypes);
  const users = at('users', readUsers);
  const booleans = at('booleans', readBooleans);
  const levels = at('levels', readLevels);
  const categories = at('categories', readCategories);
  const tables = { commons, classes, roles, types: types.types, users, booleans, levels, categories };
  return { tables, places: places as SymbolPlaces, classEnds, types };
}

export function readCommons(reader: Reader): SymbolTable<CommonDatum> {
  return readTable(reader, readCommon);
}

/** @param ends where each class ends, of an image that was read before. */
export function readClassesAgain(
  reader: Reader,
  commons: SymbolTable<CommonDatum>,
  version: number,
  ends: ArrayLike<number>,
): SymbolTable<ClassDatum> {
  let next = 0;
  return readTable(reader, (r) => readClass(r, commons, version, ends[next++]));
}

export function readUsers(reader: Reader): SymbolTable<UserDatum> {
  return readTable(reader, readUser);
}

export function readBooleans(reader: Reader): SymbolTable<BooleanDatum> {
  return readTable(reader, readBoolean);
}

export function readLevels(reader: Reader): SymbolTable<LevelDatum> {
  return readTable(reader, readSensitivity, (level) => !level.isAlias);
}

export function readCategories(reader: Reader): SymbolTable<CategoryDatum> {
  return readTable(reader, readCategory, (category) => !category.isAlias);
}

/**
 * Every primary value, and every bound, lies in its table; of levels and categories the aliases as well. Classes and booleans leave no
 * value unclaimed.
 */
export function checkSymbolValues(reader: Reader, { tables, types }: ReadSymbols): void {
  // The kernel indexes all tables by value before it looks at any.
  for (const { maximum } of [tables.classes, tables.roles, tables.users]) reader.allocation(maximum, POINTER);
  reader.largeAllocation(tables.types.maximum, POINTER);
  reader.allocation(tables.booleans.maximum, POINTER);
  for (const table of Object.values<SymbolTable<Named>>({ ...tables })) reader.largeAllocation(table.maximum, POINTER);

  require(types.inRange);
  for (const table of [tables.commons, tables.classes, tables.roles, tables.users, tables.booleans]) {
    for (const { value } of table.primaries()) require(value >= 1 && value <= table.maximum);
  }
  for (const table of [tables.levels, tables.categories]) {
    for (const { value } of table.all()) require(value >= 1 && value <= table.maximum);
  }
  for (const table of [tables.roles, tables.users]) {
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
  isPrimary: (datum: T) => boolean = always,
): SymbolTable<T> {
  const table = new SymbolMap<T>(reader.u32());
  const count = reader.hashTableCount();
  for (let i = 0; i < count; i++) {
    const datum = read(reader);
    if (!table.add(datum, isPrimary(datum))) reject(E.EEXIST);
  }
  return table;
}

/** The kernel has its own `object_r`, without types, whatever the policy says of it. */
export function readRoles(reader: Reader): SymbolTable<RoleDatum> {
  const table = new SymbolMap<RoleDatum>(reader.u32());
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
