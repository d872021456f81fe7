/** HMAC (RFC 2104) of the kernel's hashes. */
import type { Digests } from '../facts.ts';

/** Of MD5, SHA-1, SHA-224 and SHA-256. */
const BLOCK = 64;

/** `undefined` = the kernel has no such algorithm. @param algorithm one with blocks of 64 bytes. */
export function hmac(
  digests: Digests,
  algorithm: string,
  key: Uint8Array,
  parts: readonly Uint8Array[],
): Uint8Array | undefined {
  const short = key.length > BLOCK ? digests.compute(algorithm, [key]) : key;
  if (short === undefined) return undefined;
  const padded = new Uint8Array(BLOCK);
  padded.set(short);
  const inner = digests.compute(algorithm, [padded.map((byte) => byte ^ 0x36), ...parts]);
  return inner && digests.compute(algorithm, [padded.map((byte) => byte ^ 0x5c), inner]);
}
