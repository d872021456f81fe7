/** A list in binary form, as binary_runtime_measurements has it; numbers are little-endian. The counterpart of binaryRecord(). */
import { textOf } from '../../../linux/bytes.ts';
import { OLD_NAME_MAX } from './fields.ts';
import { OLD_TEMPLATE } from './template-digest.ts';

export interface ListedEntry {
  readonly pcr: number;
  /** Zeros: a violation. */
  readonly digest: Uint8Array;
  readonly template: string;
  /** Values in the order of the template's fields. */
  readonly fields: readonly Uint8Array[];
}

/** Of the bank whose list it is: SHA-1. */
const DIGEST_SIZE = 20;
const MD5_SIZE = 16;

/** Reads on; fails at the end of the bytes. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.#at === this.#bytes.length;
  }

  bytes(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new RangeError('beyond the end');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  u32(): number {
    const bytes = this.bytes(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  }

  /** What u32() would give that many bytes further on; beyond the end, more than any. */
  u32At(distance: number): number {
    const at = this.#bytes.byteOffset + this.#at + distance;
    const end = this.#bytes.byteOffset + this.#bytes.length;
    return at + 4 > end ? Infinity : new DataView(this.#bytes.buffer).getUint32(at, true);
  }

  counted(): Uint8Array {
    return this.bytes(this.u32());
  }
}

/** @returns the number of the first entry, from 0, that is none. */
export function parseList(list: Uint8Array): ListedEntry[] | number {
  const entries: ListedEntry[] = [];
  const reader = new Reader(list);
  try {
    while (!reader.ended) entries.push(entry(reader));
    return entries;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return entries.length;
  }
}

function entry(reader: Reader): ListedEntry {
  const pcr = reader.u32();
  const digest = reader.bytes(DIGEST_SIZE);
  const template = textOf(reader.counted());
  return { pcr, digest, template, fields: template === OLD_TEMPLATE ? oldFields(reader) : fields(reader) };
}

/** A digest without its length, which may be MD5's, and a name without its terminator, which is hashed with it. */
function oldFields(reader: Reader): Uint8Array[] {
  // A name longer than that is text, and the digest before it a shorter one.
  const size = reader.u32At(DIGEST_SIZE) <= OLD_NAME_MAX ? DIGEST_SIZE : MD5_SIZE;
  return [reader.bytes(size), Buffer.concat([reader.counted(), Uint8Array.of(0)])];
}

function fields(reader: Reader): Uint8Array[] {
  const data = new Reader(reader.counted());
  const values: Uint8Array[] = [];
  while (!data.ended) values.push(data.counted());
  return values;
}
