/**
 * Object classes and the commons whose permissions they inherit.
 */
import { E } from '../../../linux/errno.ts';
import { readConstraints } from './constraint.ts';
import type { ClassDatum, CommonDatum, DefaultRange, DefaultSource } from './datums.ts';
import { type Reader, reject, require } from './reader.ts';
import type { Named } from './symbol-table.ts';
import { SymbolTable } from './symbol-table.ts';

/** Bits of an access vector. */
const MAX_PERMISSIONS = 32;
export const VERSION_DEFAULTS = 27;
export const VERSION_DEFAULT_TYPE = 28;

/** u32 name length, u32 value, u32 highest permission, u32 permissions, name, permissions. */
export function readCommon(reader: Reader): CommonDatum {
  const nameLength = reader.u32();
  const value = reader.u32();
  const maximum = reader.u32();
  const count = reader.u32();
  require(maximum <= MAX_PERMISSIONS && count <= MAX_PERMISSIONS);
  const name = reader.string(nameLength);
  const permissions = new SymbolTable<Named>(maximum);
  for (let i = 0; i < count; i++) readPermission(reader, permissions);
  require(permissions.size === maximum);
  return { name, value, permissions };
}

export function readClass(reader: Reader, commons: SymbolTable<CommonDatum>, version: number): ClassDatum {
  const nameLength = reader.u32();
  const commonLength = reader.u32();
  const value = reader.u32();
  const maximum = reader.u32();
  const ownCount = reader.u32();
  const constraintCount = reader.u32();
  require(maximum <= MAX_PERMISSIONS && ownCount <= MAX_PERMISSIONS);
  const name = reader.string(nameLength);
  let common: CommonDatum | undefined;
  if (commonLength !== 0) {
    common = commons.byName(reader.string(commonLength));
    require(common !== undefined);
  }
  const own = new SymbolTable<Named>(maximum);
  for (let i = 0; i < ownCount; i++) readPermission(reader, own);
  require(own.size + (common?.permissions.size ?? 0) === maximum);
  for (const { value: bit } of common?.permissions.all() ?? []) require(own.byValue(bit) === undefined);
  const constraints = readConstraints(reader, constraintCount, false, version);
  const validateTransitions = readConstraints(reader, reader.u32(), true, version);
  const [defaultUser, defaultRole] =
    version >= VERSION_DEFAULTS ? [readDefault(reader), readDefault(reader)] : [0 as const, 0 as const];
  const defaultRange = version >= VERSION_DEFAULTS ? readDefaultRange(reader) : 0;
  const defaultType = version >= VERSION_DEFAULT_TYPE ? readDefault(reader) : 0;

  const permissions = new Map<string, number>();
  const permissionNames: (string | undefined)[] = new Array(maximum).fill(undefined);
  for (const permission of [...own.inValueOrder(), ...(common?.permissions.inValueOrder() ?? [])]) {
    permissions.set(permission.name, permission.value); // the common's meaning wins, as in string_to_av_perm
    permissionNames[permission.value - 1] = permission.name;
  }
  return {
    name,
    value,
    common,
    permissions,
    permissionNames,
    constraints,
    validateTransitions,
    defaultUser,
    defaultRole,
    defaultType,
    defaultRange,
  };
}

/** u32 name length, u32 value, name. */
function readPermission(reader: Reader, table: SymbolTable<Named>): void {
  const nameLength = reader.u32();
  const value = reader.u32();
  require(value >= 1 && value <= table.maximum && table.byValue(value) === undefined);
  const name = reader.string(nameLength);
  if (!table.add({ name, value }, true)) reject(E.EEXIST);
}

function readDefault(reader: Reader): DefaultSource {
  const value = reader.u32();
  require(value <= 2);
  return value as DefaultSource;
}

function readDefaultRange(reader: Reader): DefaultRange {
  const value = reader.u32();
  require(value <= 7);
  return value as DefaultRange;
}
