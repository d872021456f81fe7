/**
 * Numbers of byte strings: equal strings, equal numbers, from 1 on. What was seen is kept in one buffer and compared whole.
 */
import { IntTable } from './int-table.ts';

export class Texts {
  readonly #table: IntTable;
  readonly #kept: Uint8Array;
  readonly #from: Int32Array;
  readonly #length: Int32Array;
  #used = 0;
  #next = 1;

  /** @param bits of the number of strings. @param size of all together, in bytes. */
  constructor(bits: number, size: number) {
    this.#table = new IntTable(2, 1, bits + 1);
    this.#kept = new Uint8Array(size);
    this.#from = new Int32Array(1 << bits);
    this.#length = new Int32Array(1 << bits);
  }

  /** @returns 0 = it was never seen. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const slot = this.#slot(bytes, start, end);
    return slot < 0 ? 0 : this.#table.value(slot, 0);
  }

  /** @returns 0 = there is no room left: {@link clear}. */
  make(bytes: Uint8Array, start: number, end: number): number {
    const known = this.find(bytes, start, end);
    if (known !== 0) return known;
    const length = end - start;
    if (this.#next === this.#from.length || this.#used + length > this.#kept.length) return 0;
    const number = this.#next++;
    this.#from[number] = this.#used;
    this.#length[number] = length;
    this.#kept.set(bytes.subarray(start, end), this.#used);
    this.#used += length;
    this.#seek(bytes, start, end, true);
    return number;
  }

  /** The bytes of a number, in a buffer of ours. */
  bytes(number: number): Uint8Array {
    const from = this.#from[number] as number;
    return this.#kept.subarray(from, from + (this.#length[number] as number));
  }

  clear(): void {
    this.#table.clear();
    this.#used = 0;
    this.#next = 1;
  }

  #slot(bytes: Uint8Array, start: number, end: number): number {
    return this.#seek(bytes, start, end, false);
  }

  /** Strings with the same hash follow each other: the second word of the key counts them. */
  #seek(bytes: Uint8Array, start: number, end: number, make: boolean): number {
    const table = this.#table;
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
    table.key[0] = hash;
    for (let turn = 0; ; turn++) {
      table.key[1] = turn;
      const slot = table.find();
      if (slot >= 0) {
        if (this.#isAt(table.value(slot, 0), bytes, start, end)) return slot;
        continue;
      }
      if (!make) return -1;
      const made = table.make();
      table.set(made, 0, this.#next - 1);
      return made;
    }
  }

  #isAt(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (this.#length[number] !== length) return false;
    const from = this.#from[number] as number;
    for (let at = 0; at < length; at++) if (this.#kept[from + at] !== bytes[start + at]) return false;
    return true;
  }
}
