/**
 * Object classes and the commons whose permissions they inherit.
 */
import { E } from '../../../linux/errno.ts';
import { readConstraints, skipConstraints } from './constraint.ts';
import type { ClassDatum, CommonDatum, Constraint, DefaultRange, DefaultSource } from './datums.ts';
import { Reader, reject, require } from './reader.ts';
import { type Named, SymbolMap, type SymbolTable } from './symbol-table.ts';

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
  const permissions = new SymbolMap<Named>(maximum);
  for (let i = 0; i < count; i++) readPermission(reader, permissions);
  require(permissions.size === maximum);
  return { name, value, permissions };
}

/** @param end where the class ends, of an image that was read before; absent = all of it is checked. */
export function readClass(
  reader: Reader,
  commons: SymbolTable<CommonDatum>,
  version: number,
  end?: number,
): ClassDatum {
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
  const permissionNames: (string | undefined)[] = new Array(maximum).fill(undefined);
  for (let i = 0; i < ownCount; i++) readOwnPermission(reader, permissionNames);
  require(ownCount + (common?.permissions.size ?? 0) === maximum);
  const own = permissionNames.slice();
  for (const { name: inherited, value: bit } of common?.permissions.all() ?? []) {
    require(own[bit - 1] === undefined);
    permissionNames[bit - 1] = inherited;
  }
  const rest: Rest = { image: reader.bytes, at: reader.position, constraints: constraintCount, version };
  if (end === undefined) skipRules(reader, rest);
  else reader.position = end;
  return new ImageClass(name, value, common, permissionNames, own, rest);
}

/** Of a class in an image: where its constraints begin, and how many there are. */
interface Rest {
  readonly image: Uint8Array;
  readonly at: number;
  readonly constraints: number;
  readonly version: number;
}

interface ClassRules {
  readonly constraints: readonly Constraint[];
  readonly validateTransitions: readonly Constraint[];
  readonly defaultUser: DefaultSource;
  readonly defaultRole: DefaultSource;
  readonly defaultType: DefaultSource;
  readonly defaultRange: DefaultRange;
}

/** Its constraints are checked when the policy is read, and made when they are first asked for: most classes of a policy are not met. */
class ImageClass implements ClassDatum {
  readonly name: string;
  readonly value: number;
  readonly common: CommonDatum | undefined;
  readonly permissionNames: readonly (string | undefined)[];
  /** The same without those of the common. */
  readonly #own: readonly (string | undefined)[];
  readonly #rest: Rest;
  #permissions: ReadonlyMap<string, number> | undefined;
  #rules: ClassRules | undefined;

  constructor(
    name: string,
    value: number,
    common: CommonDatum | undefined,
    permissionNames: readonly (string | undefined)[],
    own: readonly (string | undefined)[],
    rest: Rest,
  ) {
    this.name = name;
    this.value = value;
    this.common = common;
    this.permissionNames = permissionNames;
    this.#own = own;
    this.#rest = rest;
  }

  get permissions(): ReadonlyMap<string, number> {
    if (this.#permissions !== undefined) return this.#permissions;
    const permissions = new Map<string, number>();
    this.#own.forEach((name, bit) => {
      if (name !== undefined) permissions.set(name, bit + 1);
    });
    // The common's meaning wins, as in string_to_av_perm().
    for (const { name, value } of this.common?.permissions.inValueOrder() ?? []) permissions.set(name, value);
    this.#permissions = permissions;
    return permissions;
  }

  get constraints(): readonly Constraint[] {
    return this.#read().constraints;
  }

  get validateTransitions(): readonly Constraint[] {
    return this.#read().validateTransitions;
  }

  get defaultUser(): DefaultSource {
    return this.#read().defaultUser;
  }

  get defaultRole(): DefaultSource {
    return this.#read().defaultRole;
  }

  get defaultType(): DefaultSource {
    return this.#read().defaultType;
  }

  get defaultRange(): DefaultRange {
    return this.#read().defaultRange;
  }

  #read(): ClassRules {
    const { image, at, constraints, version } = this.#rest;
    this.#rules ??= readRules(new Reader(image, at), constraints, version);
    return this.#rules;
  }
}

function readRules(reader: Reader, count: number, version: number): ClassRules {
  const constraints = readConstraints(reader, count, false, version);
  const validateTransitions = readConstraints(reader, reader.u32(), true, version);
  return { constraints, validateTransitions, ...readDefaults(reader, version) };
}

function skipRules(reader: Reader, { constraints, version }: Rest): void {
  skipConstraints(reader, constraints, false, version);
  skipConstraints(reader, reader.u32(), true, version);
  readDefaults(reader, version);
}

function readDefaults(reader: Reader, version: number) {
  const [defaultUser, defaultRole] =
    version >= VERSION_DEFAULTS ? [readDefault(reader), readDefault(reader)] : [0 as const, 0 as const];
  const defaultRange = version >= VERSION_DEFAULTS ? readDefaultRange(reader) : 0;
  const defaultType = version >= VERSION_DEFAULT_TYPE ? readDefault(reader) : 0;
  return { defaultUser, defaultRole, defaultRange, defaultType };
}

/** As {@link readPermission}. @param names by value minus one. */
function readOwnPermission(reader: Reader, names: (string | undefined)[]): void {
  const nameLength = reader.u32();
  const value = reader.u32();
  require(value >= 1 && value <= names.length && names[value - 1] === undefined);
  const name = reader.string(nameLength);
  if (names.includes(name)) reject(E.EEXIST);
  names[value - 1] = name;
}

/** u32 name length, u32 value, name. */
function readPermission(reader: Reader, table: SymbolMap<Named>): void {
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
