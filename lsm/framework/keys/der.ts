/**
 * DER (X.690), as far as certificates need it.
 */
import { hex } from '../../../linux/bytes.ts';

export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With tag and length. */
  readonly whole: Uint8Array;
}

export const TAG = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_ID: 0x06,
  SEQUENCE: 0x30,
  EXPLICIT_0: 0xa0,
  EXPLICIT_3: 0xa3,
} as const;

/** Longer lengths than these bytes can say are of no key. */
const LENGTH_BYTES = 3;

/** The elements one after the other; `undefined` when the bytes are none. */
export function elements(bytes: Uint8Array): readonly Element[] | undefined {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] ?? 0;
    const first = bytes[at + 1];
    if (first === undefined || (tag & 0x1f) === 0x1f) return undefined;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    if (extra > LENGTH_BYTES || first === 0x80) return undefined;
    let length = extra === 0 ? first : 0;
    for (const byte of bytes.subarray(at + 2, at + 2 + extra)) length = length * 256 + byte;
    const start = at + 2 + extra;
    if (start + length > bytes.length) return undefined;
    const end = start + length;
    found.push({ tag, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) });
    at = end;
  }
  return found;
}

/** The elements within one that must have this tag. */
export function within(element: Element | undefined, tag: number): readonly Element[] {
  return element?.tag === tag ? (elements(element.content) ?? []) : [];
}

export function unsigned(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${hex(bytes)}`);
}
