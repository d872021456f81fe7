/**
 * Signatures by ECDSA (FIPS 186-4, 6.4), in the form of RFC 3279: a DER sequence of r and s. crypto/ecdsa.c of the kernel.
 */
import { type Curve, combine, inverse, isOnCurve, mod, type Point } from './curves.ts';
import { elements, TAG, unsigned, within } from './der.ts';

export interface EcKey {
  readonly curve: Curve;
  readonly point: Point;
}

/** Digests that may be signed, by the kernel's names: software_key_determine_akcipher() of crypto/asymmetric_keys/public_key.c. */
const HASHES: ReadonlySet<string> = new Set([
  ...['sha1', 'sha224', 'sha256', 'sha384', 'sha512'],
  ...['sha3-256', 'sha3-384', 'sha3-512'],
]);
/** A point with both coordinates; the kernel takes no other form. */
const UNCOMPRESSED = 4;

/** @param bytes of the BIT STRING in a certificate, without the count of unused bits. */
export function ecKey(curve: Curve, bytes: Uint8Array): EcKey | undefined {
  const { size } = curve;
  if (bytes[0] !== UNCOMPRESSED || bytes.length !== 1 + 2 * size) return undefined;
  const point = { x: unsigned(bytes.subarray(1, 1 + size)), y: unsigned(bytes.subarray(1 + size)) };
  return isOnCurve(curve, point) ? { curve, point } : undefined;
}

export function verifyEcdsa(
  { curve, point }: EcKey,
  algorithm: string,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { n, size } = curve;
  if (!HASHES.has(algorithm)) return false;
  const [sequence] = elements(signature) ?? [];
  const [first, second] = within(sequence, TAG.SEQUENCE);
  if (first?.tag !== TAG.INTEGER || second?.tag !== TAG.INTEGER) return false;
  const [r, s] = [unsigned(first.content), unsigned(second.content)];
  if (r === 0n || s === 0n || r >= n || s >= n) return false;
  // The leftmost bits of the digest, as many as the order has; P-521 has more than any digest.
  const e = unsigned(digest.subarray(0, size));
  const w = inverse(s, n);
  const found = combine(curve, mod(e * w, n), mod(r * w, n), point);
  return found !== undefined && mod(found.x, n) === r;
}
