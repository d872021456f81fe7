/**
 * Table of whole numbers by whole numbers: open addressing in two typed arrays, so that a look-up makes no object.
 *
 * Model: keys are compared as a whole, never by their hash alone. Slots are never removed one by one; when three quarters are
 * used, or at {@link clear}, all are forgotten.
 */
const FREE = 0;
/** Odd multipliers of Knuth and of MurmurHash3. */
const [SPREAD, FOLD] = [0x9e3779b1, 0x85ebca6b];

export class IntTable {
  readonly #keyWords: number;
  readonly #valueWords: number;
  readonly #mask: number;
  readonly #most: number;
  /** Generation in which a slot was filled. */
  readonly #filled: Int32Array;
  readonly #keys: Int32Array;
  readonly #values: Int32Array;
  #generation = FREE + 1;
  #used = 0;
  /** The key to look for: the first words of it are filled in by the caller. */
  readonly key: Int32Array;

  /** @param bits slots are a power of two. */
  constructor(keyWords: number, valueWords: number, bits: number) {
    const slots = 1 << bits;
    this.#keyWords = keyWords;
    this.#valueWords = valueWords;
    this.#mask = slots - 1;
    this.#most = slots - (slots >> 2);
    this.#filled = new Int32Array(slots);
    this.#keys = new Int32Array(slots * keyWords);
    this.#values = new Int32Array(slots * Math.max(1, valueWords));
    this.key = new Int32Array(keyWords);
  }

  /** Of {@link key}. @returns a slot for {@link value} and {@link set}; -1 = it is not there. */
  find(): number {
    const slot = this.#slot();
    return this.#filled[slot] === this.#generation ? slot : -1;
  }

  /** The same, made if it is not there, with values of 0. */
  make(): number {
    let slot = this.#slot();
    if (this.#filled[slot] === this.#generation) return slot;
    if (this.#used >= this.#most) {
      this.clear();
      slot = this.#slot();
    }
    this.#used++;
    this.#filled[slot] = this.#generation;
    this.#keys.set(this.key, slot * this.#keyWords);
    this.#values.fill(0, slot * this.#valueWords, (slot + 1) * this.#valueWords);
    return slot;
  }

  value(slot: number, word: number): number {
    return this.#values[slot * this.#valueWords + word] as number;
  }

  set(slot: number, word: number, value: number): void {
    this.#values[slot * this.#valueWords + word] = value;
  }

  clear(): void {
    this.#generation++;
    this.#used = 0;
  }

  /** The slot of the key, or the free one where it would be. */
  #slot(): number {
    const { key } = this;
    const words = this.#keyWords;
    let hash = words;
    for (let word = 0; word < words; word++) {
      hash = Math.imul(hash ^ (key[word] as number), FOLD);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, SPREAD);
    let slot = (hash ^ (hash >>> 16)) & this.#mask;
    while (this.#filled[slot] === this.#generation && !this.#holds(slot)) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #holds(slot: number): boolean {
    const { key } = this;
    const from = slot * this.#keyWords;
    for (let word = 0; word < this.#keyWords; word++) if (this.#keys[from + word] !== key[word]) return false;
    return true;
  }
}
