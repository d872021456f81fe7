/**
 * Where directories and links were removed. As long as no other one is made there, paths that led through it lead to nothing, which the
 * kernel says itself: what is remembered of paths holds.
 *
 * Model: a set of bits in memory that all supervisor threads share. Places with the same remainder share a bit: one may be taken for
 * another, and is never overlooked.
 */
const BITS = 1 << 16;
/** So many places are told apart well enough. */
const MOST = BITS >> 3;
const COUNT = 0;
const FIRST = 1;

/** A name in a directory, whose device is `major:minor`. Another one may get its number when it was removed: its birth tells it apart. */
export interface NamedPlace {
  readonly device: string;
  readonly ino: number;
  /** As FileStamp.born. */
  readonly born: number | undefined;
  readonly name: string;
}

export class RemovedPlaces {
  /** In 32-bit words. */
  static readonly SIZE = FIRST + BITS / 32;
  readonly #words: Int32Array;

  /** @param words of {@link SIZE}. */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  get any(): boolean {
    return Atomics.load(this.#words, COUNT) > 0;
  }

  /** To be called before a directory or link is removed. @returns there were too many: those before are forgotten. */
  add(place: NamedPlace): boolean {
    const bit = bitOf(place);
    const isFull = Atomics.add(this.#words, COUNT, 1) >= MOST;
    if (isFull) {
      for (let at = 0; at < this.#words.length; at++) Atomics.store(this.#words, at, 0);
      Atomics.add(this.#words, COUNT, 1);
    }
    Atomics.or(this.#words, FIRST + (bit >>> 5), 1 << (bit & 31));
    return isFull;
  }

  /** May this be such a place? */
  has(place: NamedPlace): boolean {
    if (!this.any) return false;
    const bit = bitOf(place);
    return (Atomics.load(this.#words, FIRST + (bit >>> 5)) & (1 << (bit & 31))) !== 0;
  }
}

function bitOf({ born, device, ino, name }: NamedPlace): number {
  const text = `${device} ${ino} ${born}/${name}`;
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (BITS - 1);
}
