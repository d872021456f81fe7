/**
 * Signatures by RSA with PKCS #1 v1.5 padding (RFC 8017, 8.2.2). Nothing here is secret, so nothing takes care of how long it takes.
 */
import { hex } from '../../../linux/bytes.ts';
import { unsigned } from './der.ts';

export interface RsaKey {
  readonly modulus: bigint;
  readonly exponent: bigint;
}

/** What stands before a digest (DigestInfo), by the kernel's names of algorithms. */
const DIGEST_INFO: ReadonlyMap<string, string> = new Map([
  ['md5', '3020300c06082a864886f70d020505000410'],
  ['sha1', '3021300906052b0e03021a05000414'],
  ['sha224', '302d300d06096086480165030402040500041c'],
  ['sha256', '3031300d060960864801650304020105000420'],
  ['sha384', '3041300d060960864801650304020205000430'],
  ['sha512', '3051300d060960864801650304020305000440'],
  ['sha3-256', '3031300d060960864801650304020805000420'],
  ['sha3-384', '3041300d060960864801650304020905000430'],
  ['sha3-512', '3051300d060960864801650304020a05000440'],
]);
/** MAX_EXTERN_MPI_BITS of lib/crypto/mpi/mpicoder.c: the kernel reads no longer number. */
const MODULUS_BITS = 16384n;
/** The kernel takes longer ones, which no key has and which take seconds. */
const EXPONENT_BITS = 64n;

/** Can a signature be verified with it, in bounded time? */
export function isUsable({ modulus, exponent }: RsaKey): boolean {
  return modulus > 0n && modulus >> MODULUS_BITS === 0n && exponent >> EXPONENT_BITS === 0n;
}

export function verifyRsa(key: RsaKey, algorithm: string, digest: Uint8Array, signature: Uint8Array): boolean {
  const info = DIGEST_INFO.get(algorithm);
  if (info === undefined || !isUsable(key)) return false;
  const { modulus, exponent } = key;
  const number = unsigned(signature);
  const length = Math.ceil(modulus.toString(16).length / 2);
  if (number >= modulus || signature.length !== length) return false;
  const tail = `00${info}${hex(digest)}`;
  const filling = length - 2 - tail.length / 2;
  if (filling < 8) return false;
  return power(number, exponent, modulus) === BigInt(`0x0001${'ff'.repeat(filling)}${tail}`);
}

/** The number that was signed, in hexadecimal, as long as the modulus; `undefined` for a key that is not usable. */
export function openRsa(key: RsaKey, signature: bigint): string | undefined {
  const { modulus, exponent } = key;
  if (!isUsable(key) || signature >= modulus) return undefined;
  const length = Math.ceil(modulus.toString(16).length / 2);
  return power(signature, exponent, modulus)
    .toString(16)
    .padStart(2 * length, '0');
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}
