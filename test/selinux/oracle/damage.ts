/**
 * Policies with one number of their image changed: counts, lengths, values and flags that no compiler writes, where the
 * format has them.
 */
import { parsePolicy } from '../../../lsm/selinux/policy/index.ts';
import { Reader } from '../../../lsm/selinux/policy/reader.ts';
import type { Random } from '../random.ts';

/** Where a number is in an image, and how many bytes it has. */
export interface Field {
  readonly at: number;
  readonly size: 1 | 2 | 4;
}

/** All numbers, in the order in which the parser reads them. */
export function fieldsOf(image: Uint8Array, version: number): Field[] {
  const fields: Field[] = [];
  const { u8, u16, u32 } = Reader.prototype;
  const noting = (size: Field['size'], read: () => number) =>
    function (this: Reader): number {
      fields.push({ at: this.position, size });
      return read.call(this);
    };
  Object.assign(Reader.prototype, { u8: noting(1, u8), u16: noting(2, u16), u32: noting(4, u32) });
  try {
    parsePolicy(image, version);
  } finally {
    Object.assign(Reader.prototype, { u8, u16, u32 });
  }
  return fields;
}

export interface Damaged {
  readonly image: Buffer;
  readonly what: string;
}

export function damaged(image: Uint8Array, field: Field, random: Random): Damaged {
  const changed = Buffer.from(image);
  const old = changed.readUIntLE(field.at, field.size);
  const bits = field.size * 8;
  const wanted = random.pick([
    ...[0, 1, 2, 3, old + 1, old - 1, old + 64, old * 2, old ^ (1 << random.below(bits)), random.below(200)],
    ...[0x7fffffff, 0x80000000, 0xffffffff],
  ]);
  const value = (wanted >>> 0) % 2 ** bits;
  changed.writeUIntLE(value, field.at, field.size);
  return { image: changed, what: `${field.size} bytes at ${field.at}: ${old} -> ${value}` };
}
