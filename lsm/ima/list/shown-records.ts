/**
 * Records of one list file as they are shown. Entries never change, and who attests reads them all again and again, so that what
 * was made of the first ones is kept.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import type { Measurement } from './measurements.ts';

/** Bytes that are kept at most. */
const MOST_KEPT = 16 << 20;
const FIRST = 1 << 12;

export class ShownRecords {
  readonly #show: (entry: Measurement) => string;
  #bytes = Buffer.allocUnsafeSlow(FIRST);
  /** Where each record that is kept ends. */
  readonly #ends: number[] = [];

  /** @param show a byte string. */
  constructor(show: (entry: Measurement) => string) {
    this.#show = show;
  }

  /** @param entries the same list each time, to which others may be added meanwhile. */
  *of(entries: readonly Measurement[]): Generator<Uint8Array> {
    for (let number = 0; ; number++) {
      const entry = entries[number];
      if (entry === undefined) return;
      yield this.#kept(number) ?? this.#made(number, entry);
    }
  }

  #kept(number: number): Uint8Array | undefined {
    const end = this.#ends[number];
    return end === undefined ? undefined : this.#bytes.subarray(this.#ends[number - 1] ?? 0, end);
  }

  #made(number: number, entry: Measurement): Uint8Array {
    const record = this.#show(entry);
    const start = this.#ends[number - 1] ?? 0;
    const end = start + record.length;
    if (number !== this.#ends.length || end > MOST_KEPT) return bytesOf(record);
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, 2 * this.#bytes.length));
      this.#bytes.copy(larger, 0, 0, start);
      this.#bytes = larger;
    }
    this.#bytes.write(record, start, 'latin1');
    this.#ends.push(end);
    return this.#bytes.subarray(start, end);
  }
}
