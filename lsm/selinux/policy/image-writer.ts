/** A growing little-endian image. */

import type { MlsLevel, MlsRange } from './datums.ts';
import type { Ebitmap } from './ebitmap.ts';
import { levelsEqual } from './mls.ts';
import type { Context } from './policydb.ts';

export class ImageWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(expected = 1024) {
    this.#bytes = new Uint8Array(expected);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far: a view that further writes may leave behind. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
  }

  u32(...values: readonly number[]): void {
    let at = this.#grow(4 * values.length);
    for (const value of values) {
      this.#view.setUint32(at, value, true);
      at += 4;
    }
  }

  raw(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** One character per byte, no terminator. */
  text(name: string): void {
    const at = this.#grow(name.length);
    for (let i = 0; i < name.length; i++) this.#bytes[at + i] = name.charCodeAt(i);
  }

  /** u32 length, name. */
  sized(name: string): void {
    this.named(name);
  }

  /** u32 length, numbers, name: an entry of a symbol table. */
  named(name: string, ...values: readonly number[]): void {
    this.u32(name.length, ...values);
    this.text(name);
  }

  /** The form that readEbitmap takes, with the lowest high bit. */
  ebitmap({ starts, words }: Ebitmap): void {
    this.u32(64, (starts.at(-1) ?? -64) + 64, starts.length);
    for (let i = 0; i < starts.length; i++) this.u32(starts[i] ?? 0, words[2 * i] ?? 0, words[2 * i + 1] ?? 0);
  }

  level({ sensitivity, categories }: MlsLevel): void {
    this.u32(sensitivity);
    this.ebitmap(categories);
  }

  range({ low, high }: MlsRange): void {
    const single = levelsEqual(low, high);
    if (single) this.u32(1, low.sensitivity);
    else this.u32(2, low.sensitivity, high.sensitivity);
    this.ebitmap(low.categories);
    if (!single) this.ebitmap(high.categories);
  }

  context({ user, role, type, range }: Context): void {
    this.u32(user, role, type);
    this.range(range);
  }

  /** @returns where the new bytes begin. */
  #grow(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}
