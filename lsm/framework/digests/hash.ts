/**
 * Hash algorithms by the kernel's numbers and names (crypto/hash_info.c, include/uapi/linux/hash_info.h).
 */
import { KERNEL_HASHES } from './digests.ts';

/** By number: name and size of the digest in bytes. */
const ALGORITHMS: readonly (readonly [name: string, size: number])[] = [
  ['md4', 16],
  ['md5', 16],
  ['sha1', 20],
  ['rmd160', 20],
  ['sha256', 32],
  ['sha384', 48],
  ['sha512', 64],
  ['sha224', 28],
  ['rmd128', 16],
  ['rmd256', 32],
  ['rmd320', 40],
  ['wp256', 32],
  ['wp384', 48],
  ['wp512', 64],
  ['tgr128', 16],
  ['tgr160', 20],
  ['tgr192', 24],
  ['sm3', 32],
  ['streebog256', 32],
  ['streebog512', 64],
  ['sha3-256', 32],
  ['sha3-384', 48],
  ['sha3-512', 64],
];

const NUMBERS: ReadonlyMap<string, number> = new Map(ALGORITHMS.map(([name], number) => [name, number]));
const SIZES: ReadonlyMap<string, number> = new Map(ALGORITHMS);

export function algorithmNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}

export function algorithmName(number: number): string | undefined {
  return ALGORITHMS[number]?.[0];
}

/** Bytes of a digest; 0 for a name that the kernel does not know. */
export function digestSize(name: string): number {
  return SIZES.get(name) ?? 0;
}

/** Can the kernel compute it: crypto_has_alg(). */
export function isAvailable(name: string): boolean {
  return KERNEL_HASHES.has(name);
}

/** A digest with the name of its algorithm. */
export interface NamedDigest {
  readonly algorithm: string;
  readonly bytes: Uint8Array;
}

export function zeroDigest(algorithm: string): NamedDigest {
  return { algorithm, bytes: new Uint8Array(digestSize(algorithm)) };
}

/** Does the oldest template have room for it? */
export function isOld(algorithm: string): boolean {
  return algorithm === 'sha1' || algorithm === 'md5';
}
