/**
 * What was learned of an image when it was parsed, in a form that can be kept beside it: tables of numbers. With them the policy is there
 * again without its image being read: each section is read when it is first asked for, and nothing is checked anew.
 */
import { AvTable, type SavedRules } from './avtab.ts';
import { type ConditionalNode, saveConditionals, savedConditionals } from './conditional.ts';
import type {
  BooleanDatum,
  CategoryDatum,
  ClassDatum,
  CommonDatum,
  LevelDatum,
  MlsRange,
  RoleDatum,
  UserDatum,
} from './datums.ts';
import { type Ebitmap, EMPTY_EBITMAP, readEbitmap } from './ebitmap.ts';
import { type FilenameTransitions, readFilenameTransitions } from './filename-transitions.ts';
import { readGenfs } from './genfs.ts';
import { readHeader, VERSION_NEVERAUDIT } from './header.ts';
import { readObjectContexts } from './object-contexts.ts';
import type { GenfsEntry, HandleUnknown, ObjectContexts, Places, PolicyDb, RoleAllow } from './policydb.ts';
import { Reader } from './reader.ts';
import type { SymbolTable } from './symbol-table.ts';
import {
  readBooleans,
  readCategories,
  readClassesAgain,
  readCommons,
  readLevels,
  readRoles,
  readUsers,
} from './symbols.ts';
import { readRangeTransitions, readRoleAllows, readRoleTransitions } from './transitions.ts';
import { TypeAttributes } from './type-attributes.ts';
import { TypeTable } from './type-table.ts';

const SECTIONS = [
  ...['capabilities', 'permissiveTypes', 'neverauditTypes', 'commons', 'classes', 'roles', 'types', 'users'],
  ...['booleans', 'levels', 'categories', 'rules', 'roleTransitions', 'roleAllows', 'filenameTransitions'],
  ...['objectContexts', 'genfs', 'rangeTransitions'],
] as readonly Exclude<keyof Places, 'classEnds'>[];
/** Arrays of {@link SavedRules}. */
const RULES = 6;

export function savePolicy(db: PolicyDb): Uint32Array[] {
  const { maximum, entries, primaries, slots } = db.types.saved;
  return [
    Uint32Array.of(db.loadedLength, db.processClass, db.processTransition, db.processDyntransition, maximum),
    Uint32Array.from(SECTIONS, (section) => db.places[section]),
    Uint32Array.from(db.places.classEnds),
    ...[entries, primaries, slots],
    db.typeAttributes.offsets,
    saveConditionals(db.conditionals),
    ...db.rules.saved(),
    ...db.conditionalRules.saved(),
  ];
}

/** @param image of which `saved` was made; both are kept. */
export function savedPolicy(image: Uint8Array, saved: readonly Uint32Array[]): PolicyDb {
  return new SavedPolicy(image, saved);
}

class SavedPolicy implements PolicyDb {
  readonly version: number;
  readonly mls: boolean;
  readonly handleUnknown: HandleUnknown;
  readonly image: Uint8Array;
  readonly loadedLength: number;
  readonly places: Places;
  readonly processClass: number;
  readonly processTransition: number;
  readonly processDyntransition: number;
  readonly types: TypeTable;
  readonly typeAttributes: TypeAttributes;
  readonly conditionals: readonly ConditionalNode[];
  readonly rules: AvTable;
  readonly conditionalRules: AvTable;
  /** Sections that were asked for. */
  readonly #read = new Map<keyof Places, unknown>();

  constructor(image: Uint8Array, saved: readonly Uint32Array[]) {
    const [numbers, sections, classEnds, entries, primaries, slots, attributes, conditionals, ...rules] =
      saved as readonly [...Eight, ...SavedRules, ...SavedRules];
    this.image = image;
    const header = readHeader(new Reader(image), Number.POSITIVE_INFINITY);
    this.version = header.version;
    this.mls = header.mls;
    this.handleUnknown = header.handleUnknown;
    [this.loadedLength = 0, this.processClass = 0, this.processTransition = 0, this.processDyntransition = 0] = numbers;
    const places = Object.fromEntries(SECTIONS.map((section, index) => [section, sections[index] ?? 0]));
    this.places = { ...(places as unknown as Places), classEnds };
    this.types = new TypeTable(image, { maximum: numbers[4] ?? 0, entries, primaries, slots });
    this.typeAttributes = new TypeAttributes(image, attributes);
    this.conditionals = savedConditionals(conditionals);
    this.rules = AvTable.of(rules.slice(0, RULES) as unknown as SavedRules);
    this.conditionalRules = AvTable.of(rules.slice(RULES) as unknown as SavedRules);
  }

  get capabilities(): Ebitmap {
    return this.#section('capabilities', readEbitmap);
  }

  get permissiveTypes(): Ebitmap {
    return this.#section('permissiveTypes', readEbitmap);
  }

  get neverauditTypes(): Ebitmap {
    return this.#section('neverauditTypes', this.version >= VERSION_NEVERAUDIT ? readEbitmap : () => EMPTY_EBITMAP);
  }

  get commons(): SymbolTable<CommonDatum> {
    return this.#section('commons', readCommons);
  }

  get classes(): SymbolTable<ClassDatum> {
    const { commons, version, places } = this;
    return this.#section('classes', (reader) => readClassesAgain(reader, commons, version, places.classEnds));
  }

  get roles(): SymbolTable<RoleDatum> {
    return this.#section('roles', readRoles);
  }

  get users(): SymbolTable<UserDatum> {
    return this.#section('users', readUsers);
  }

  get booleans(): SymbolTable<BooleanDatum> {
    return this.#section('booleans', readBooleans);
  }

  get levels(): SymbolTable<LevelDatum> {
    return this.#section('levels', readLevels);
  }

  get categories(): SymbolTable<CategoryDatum> {
    return this.#section('categories', readCategories);
  }

  get roleTransitions(): ReadonlyMap<number, number> {
    return this.#section('roleTransitions', (r) => readRoleTransitions(r, this, this.processClass, this.version));
  }

  get roleAllows(): readonly RoleAllow[] {
    return this.#section('roleAllows', (reader) => readRoleAllows(reader, this));
  }

  get filenameTransitions(): FilenameTransitions {
    return this.#section('filenameTransitions', (reader) => readFilenameTransitions(reader, this, this.version));
  }

  get objectContexts(): ObjectContexts {
    return this.#section('objectContexts', (reader) => readObjectContexts(reader, this, this.version));
  }

  get genfs(): ReadonlyMap<string, readonly GenfsEntry[]> {
    return this.#section('genfs', (reader) => readGenfs(reader, this.classes, this));
  }

  get rangeTransitions(): ReadonlyMap<number, MlsRange> {
    return this.#section('rangeTransitions', (reader) => readRangeTransitions(reader, this));
  }

  #section<T>(name: Exclude<keyof Places, 'classEnds'>, read: (reader: Reader) => T): T {
    if (!this.#read.has(name)) this.#read.set(name, read(new Reader(this.image, this.places[name])));
    return this.#read.get(name) as T;
  }
}

type Eight = readonly [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];
