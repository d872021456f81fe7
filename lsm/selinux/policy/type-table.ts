/**
 * The table of types: thousands of names, of which a machine meets a few. A type is made of the image when it is first asked for.
 *
 * An entry is u32 name length, u32 value, u32 properties, u32 bounds, name. An alias has no primary property.
 */
import { E } from '../../../linux/errno.ts';
import { Reader, reject } from './reader.ts';
import type { Named, SymbolTable } from './symbol-table.ts';

export const TYPE_PRIMARY = 1;
export const TYPE_ATTRIBUTE = 2;

const HEAD = 16;

export interface TypeDatum extends Named {
  readonly primary: boolean;
  readonly attribute: boolean;
  readonly bounds: number;
}

/** What {@link TypeTable.saved} gives, and what makes a table of the same image again. */
export interface SavedTypes {
  readonly maximum: number;
  /** Where each entry begins in the image. */
  readonly entries: Uint32Array;
  /** Number of the entry with a value's primary name + 1, by value; 0 = none. */
  readonly primaries: Uint32Array;
  /** Hash table of names: number of an entry + 1, 0 = free. */
  readonly slots: Uint32Array;
}

export class TypeTable implements SymbolTable<TypeDatum> {
  readonly maximum: number;
  readonly saved: SavedTypes;
  readonly #image: Uint8Array;
  readonly #made: (TypeDatum | undefined)[] = [];
  #size: number | undefined;

  constructor(image: Uint8Array, saved: SavedTypes) {
    this.#image = image;
    this.saved = saved;
    this.maximum = saved.maximum;
  }

  byName(name: string): TypeDatum | undefined {
    const { slots } = this.saved;
    const mask = slots.length - 1;
    for (let slot = hashOf(name) & mask; ; slot = (slot + 1) & mask) {
      const entry = (slots[slot] as number) - 1;
      if (entry < 0) return undefined;
      const datum = this.#entry(entry);
      if (datum.name === name) return datum;
    }
  }

  byValue(value: number): TypeDatum | undefined {
    const entry = this.saved.primaries[value] ?? 0;
    return entry === 0 ? undefined : this.#entry(entry - 1);
  }

  nameOf(value: number): string | undefined {
    return this.byValue(value)?.name;
  }

  get size(): number {
    this.#size ??= this.saved.primaries.reduce((count, entry) => count + Number(entry !== 0), 0);
    return this.#size;
  }

  *primaries(): IterableIterator<TypeDatum> {
    for (const datum of this.all()) if (this.byValue(datum.value) === datum) yield datum;
  }

  inValueOrder(): readonly TypeDatum[] {
    return Array.from(
      this.saved.primaries.filter((entry) => entry !== 0),
      (entry) => this.#entry(entry - 1),
    );
  }

  *all(): IterableIterator<TypeDatum> {
    for (let entry = 0; entry < this.saved.entries.length; entry++) yield this.#entry(entry);
  }

  #entry(entry: number): TypeDatum {
    const made = this.#made[entry];
    if (made !== undefined) return made;
    const datum = readType(new Reader(this.#image, this.saved.entries[entry], 0));
    this.#made[entry] = datum;
    return datum;
  }
}

export interface ReadTypes {
  readonly types: TypeTable;
  /** Does every primary value, and every bound of one, lie in the table? */
  readonly inRange: boolean;
  /** Those with a bound. */
  readonly bounded: readonly TypeDatum[];
}

/** u32 highest value, u32 number of entries, entries. A name may be there once. */
export function readTypes(reader: Reader): ReadTypes {
  const maximum = reader.u32();
  const count = reader.hashTableCount();
  // Counts beyond the image end the reading before they end the memory.
  const entries = new Uint32Array(Math.min(count, Math.ceil(reader.remaining / HEAD)));
  const primaries = new Uint32Array(Math.min(maximum, reader.remaining) + 1);
  const slots = new Uint32Array(2 ** Math.ceil(Math.log2(entries.length * 2 + 2)));
  const bounded: TypeDatum[] = [];
  const { bytes } = reader;
  let inRange = true;
  for (let entry = 0; entry < count; entry++) {
    const at = reader.position;
    const length = reader.u32();
    const value = reader.u32();
    const properties = reader.u32();
    const bounds = reader.u32();
    const nameAt = reader.skipString(length);
    entries[entry] = at;
    if (!insert(bytes, nameAt, nameAt + length, entry, entries, slots)) reject(E.EEXIST);
    if (bounds !== 0) bounded.push(readType(new Reader(bytes, at, 0)));
    if ((properties & TYPE_PRIMARY) === 0) continue;
    if (value === 0 || value > maximum || bounds > maximum) inRange = false;
    else primaries[value] = entry + 1;
  }
  return { types: new TypeTable(bytes, { maximum, entries, primaries, slots }), inRange, bounded };
}

/** @returns `false`: the name is there. */
function insert(
  bytes: Uint8Array,
  from: number,
  end: number,
  entry: number,
  entries: Uint32Array,
  slots: Uint32Array,
): boolean {
  let hash = HASH_START;
  let to = from;
  for (; to < end && bytes[to] !== 0; to++) hash = hashStep(hash, bytes[to] as number);
  const mask = slots.length - 1;
  let slot = hashEnd(hash) & mask;
  for (let other = slots[slot] as number; other !== 0; other = slots[slot] as number) {
    if (isSameName(bytes, from, to, entries[other - 1] as number)) return false;
    slot = (slot + 1) & mask;
  }
  slots[slot] = entry + 1;
  return true;
}

/** Is the name of the entry at `other` that between `from` and `to`? */
function isSameName(bytes: Uint8Array, from: number, to: number, other: number): boolean {
  const length = new Reader(bytes, other).u32();
  let at = other + HEAD;
  const end = at + length;
  for (; from < to; from++, at++) if (at === end || bytes[at] !== bytes[from]) return false;
  return at === end || bytes[at] === 0;
}

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

const HASH_START = 0x811c9dc5 | 0;

function hashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

function hashEnd(hash: number): number {
  return (hash ^ (hash >>> 15)) >>> 0;
}

function hashOf(name: string): number {
  let hash = HASH_START;
  for (let i = 0; i < name.length; i++) hash = hashStep(hash, name.charCodeAt(i));
  return hashEnd(hash);
}
