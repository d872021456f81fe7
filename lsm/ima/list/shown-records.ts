/**
 * Records of one list file as they are shown. Entries never change, and who attests reads them all again and again, so that what
 * was made of the first ones is kept.
 */
import type { Measurement } from './measurements.ts';
import { TextBytes } from './text-bytes.ts';

/** Bytes that are kept at most. */
const MOST_KEPT = 16 << 20;

export class ShownRecords {
  readonly #show: (out: TextBytes, entry: Measurement) => void;
  readonly #kept = new TextBytes();
  /** Where each record that is kept ends. */
  readonly #ends: number[] = [];

  constructor(show: (out: TextBytes, entry: Measurement) => void) {
    this.#show = show;
  }

  /** @param entries the same list each time, to which others may be added meanwhile. */
  *of(entries: readonly Measurement[]): Generator<Uint8Array> {
    for (let number = 0; ; number++) {
      const entry = entries[number];
      if (entry === undefined) return;
      yield this.#record(number) ?? this.#made(number, entry);
    }
  }

  #record(number: number): Uint8Array | undefined {
    const end = this.#ends[number];
    return end === undefined ? undefined : this.#kept.part(this.#ends[number - 1] ?? 0, end);
  }

  #made(number: number, entry: Measurement): Uint8Array {
    const kept = this.#kept;
    const start = kept.length;
    this.#show(kept, entry);
    const record = kept.part(start, kept.length);
    if (number === this.#ends.length && kept.length <= MOST_KEPT) {
      this.#ends.push(kept.length);
      return record;
    }
    const copy = Uint8Array.from(record);
    kept.cut(start);
    return copy;
  }
}
