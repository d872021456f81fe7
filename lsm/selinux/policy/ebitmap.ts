/**
 * Extensible bitmap: a set of small integers, stored as the ascending list of its non-empty 64-bit units.
 *
 * Model: `starts[i]` is the first bit of unit i (a multiple of 64), `words[2i]` its low and `words[2i+1]` its high half. Sparse like the
 * kernel's (security/selinux/ss/ebitmap.c), so a single high bit costs one unit however large the number is. In most maps bit i stands
 * for value i+1; the permissive and neveraudit maps are the exception.
 */
import { type Reader, require } from './reader.ts';

export class Ebitmap {
  readonly starts: Uint32Array;
  readonly words: Uint32Array;

  /** Both arrays are kept, not copied; `starts` must be ascending and no unit may be empty. */
  constructor(starts: Uint32Array, words: Uint32Array) {
    this.starts = starts;
    this.words = words;
  }

  static of(bits: Iterable<number>): Ebitmap {
    const units = new Map<number, [number, number]>();
    for (const bit of bits) {
      const start = bit - (bit % 64);
      let unit = units.get(start);
      if (unit === undefined) {
        unit = [0, 0];
        units.set(start, unit);
      }
      const offset = bit - start;
      if (offset < 32) unit[0] |= 1 << offset;
      else unit[1] |= 1 << (offset - 32);
    }
    const ordered = [...units].sort(([a], [b]) => a - b);
    return new Ebitmap(
      Uint32Array.from(ordered, ([start]) => start),
      Uint32Array.from(ordered.flatMap(([, unit]) => unit)),
    );
  }

  get isEmpty(): boolean {
    return this.starts.length === 0;
  }

  has(bit: number): boolean {
    const { starts, words } = this;
    let low = 0;
    let high = starts.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const offset = bit - (starts[middle] ?? 0);
      if (offset < 0) high = middle - 1;
      else if (offset >= 64) low = middle + 1;
      else return (((words[2 * middle + (offset >> 5)] ?? 0) >>> (offset & 31)) & 1) === 1;
    }
    return false;
  }

  /** Every bit of `other` is in this set. */
  contains(other: Ebitmap): boolean {
    if (other.starts.length > this.starts.length) return false;
    let mine = 0;
    for (let i = 0; i < other.starts.length; i++) {
      const start = other.starts[i] ?? 0;
      while (mine < this.starts.length && (this.starts[mine] ?? 0) < start) mine++;
      if (mine === this.starts.length || this.starts[mine] !== start) return false;
      if (((other.words[2 * i] ?? 0) & ~(this.words[2 * mine] ?? 0)) !== 0) return false;
      if (((other.words[2 * i + 1] ?? 0) & ~(this.words[2 * mine + 1] ?? 0)) !== 0) return false;
    }
    return true;
  }

  equals(other: Ebitmap): boolean {
    return (
      this === other || (this.starts.length === other.starts.length && this.contains(other) && other.contains(this))
    );
  }

  intersection(other: Ebitmap): Ebitmap {
    return Ebitmap.of([...this].filter((bit) => other.has(bit)));
  }

  /** Highest bit, or -1 when empty. */
  get last(): number {
    const unit = this.starts.length - 1;
    const start = this.starts[unit];
    if (start === undefined) return -1;
    const high = this.words[2 * unit + 1] ?? 0;
    return high !== 0 ? start + 63 - Math.clz32(high) : start + 31 - Math.clz32(this.words[2 * unit] ?? 0);
  }

  /** Bits in ascending order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.words.length; i++) {
      let word = this.words[i] ?? 0;
      const start = (this.starts[i >> 1] ?? 0) + (i & 1) * 32;
      while (word !== 0) {
        const offset = 31 - Math.clz32(word & -word);
        yield start + offset;
        word &= word - 1;
      }
    }
  }
}

export const EMPTY_EBITMAP = new Ebitmap(new Uint32Array(0), new Uint32Array(0));

/** On disk: u32 start, u64 map. */
const UNIT_SIZE = 12;
const HEADER_SIZE = 12;

/** The kernel's own node size in bits (EBITMAP_SIZE on 64-bit): it orders and bounds what it reads by nodes, not by units. */
const NODE_BITS = 384;

/** u32 bits per unit (64), u32 high bit, u32 number of units, units: ascending by node, in any order inside a node. */
export function readEbitmap(reader: Reader): Ebitmap {
  const start = reader.position;
  const count = skipEbitmap(reader);
  if (count === 0) return EMPTY_EBITMAP;
  const { bytes } = reader;
  const starts = new Uint32Array(count);
  const words = new Uint32Array(count * 2);
  let ascending = true;
  for (let i = 0, at = start + HEADER_SIZE; i < count; i++, at += UNIT_SIZE) {
    const unit = wordAt(bytes, at) >>> 0;
    if (i > 0 && unit <= (starts[i - 1] ?? 0)) ascending = false;
    starts[i] = unit;
    words[2 * i] = wordAt(bytes, at + 4);
    words[2 * i + 1] = wordAt(bytes, at + 8);
  }
  return ascending ? new Ebitmap(starts, words) : inOrder(starts, words);
}

/** Goes past what {@link readEbitmap} would accept, and makes nothing of it. @returns its number of units. */
export function skipEbitmap(reader: Reader): number {
  const unitBits = reader.u32();
  const highBit = reader.u32();
  const count = reader.u32();
  require(unitBits === 64);
  // Rounded up to nodes in 32 bits: the highest numbers wrap to an empty set.
  const wrapped = (highBit + NODE_BITS - 1) >>> 0;
  const limit = wrapped - (wrapped % NODE_BITS);
  if (limit === 0) return 0;
  require(count > 0 && count * UNIT_SIZE <= reader.remaining);
  const { bytes, position } = reader;
  const end = position + count * UNIT_SIZE;
  let node = -NODE_BITS;
  for (let at = position; at < end; at += UNIT_SIZE) {
    const start = wordAt(bytes, at) >>> 0;
    require((start & 63) === 0 && start + 64 <= limit);
    if (start >= node + NODE_BITS) node = start - (start % NODE_BITS);
    else require(start > node);
    require((wordAt(bytes, at + 4) | wordAt(bytes, at + 8)) !== 0);
  }
  reader.position = end;
  require(node + NODE_BITS === limit);
  return count;
}

/** Signed. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** Later units replace earlier ones of the same start. */
function inOrder(starts: Uint32Array, words: Uint32Array): Ebitmap {
  const latest = new Map([...starts].map((start, unit) => [start, unit]));
  const ordered = [...latest].sort(([a], [b]) => a - b);
  return new Ebitmap(
    Uint32Array.from(ordered, ([start]) => start),
    Uint32Array.from(ordered.flatMap(([, unit]) => [words[2 * unit] ?? 0, words[2 * unit + 1] ?? 0])),
  );
}
