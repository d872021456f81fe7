/**
 * Signatures of version 1: lib/digsig.c. Keys are user keys, named by their id in hexadecimal.
 *
 * A signature is u8 version, u32 time, u8 algorithm, u8 hash, u8[8] key id, u8 numbers (16 bytes), then the number; a key u8
 * version, u32 time, u8 algorithm, u8 numbers (7 bytes), then modulus and exponent. A big number (MPI) is u16 bits,
 * big-endian, and its bytes.
 */
import { hex } from '../../../linux/bytes.ts';
import { sha1 } from '../digests/sha1.ts';
import { unsigned } from './der.ts';
import { openRsa } from './rsa.ts';

const SIGNATURE_HEADER = 16;
const KEY_HEADER = 7;
/** PUBKEY_ALGO_RSA */
const RSA = 0;

interface BigNumber {
  readonly value: bigint;
  readonly end: number;
}

/** @param signature without the type of the attribute. @returns the name of its key; `undefined` = it is none. */
export function digsigKey(signature: Uint8Array): string | undefined {
  if (signature.length < SIGNATURE_HEADER + 2 || signature[5] !== RSA) return undefined;
  const id = unsigned(signature.subarray(7, 15));
  return id.toString(16).toUpperCase();
}

/** @param key payload of the user key. @param digest what is signed, together with the signature's header. */
export function verifyDigsig(key: Uint8Array, signature: Uint8Array, digest: Uint8Array): boolean {
  if (key.length < KEY_HEADER || key[0] !== 1 || key[5] !== RSA || key[6] !== 2) return false;
  const modulus = readNumber(key, KEY_HEADER);
  const exponent = modulus && readNumber(key, modulus.end);
  const number = readNumber(signature, SIGNATURE_HEADER);
  if (modulus === undefined || exponent === undefined || number === undefined) return false;
  const opened = openRsa({ modulus: modulus.value, exponent: exponent.value }, number.value);
  const expected = sha1(Buffer.concat([digest, signature.subarray(0, SIGNATURE_HEADER)]));
  // Padding of PKCS #1 v1.5, without the name of a hash.
  const padded = /^0001(?:ff)+00(.*)$/.exec(opened ?? '');
  return padded?.[1] === hex(expected);
}

function readNumber(bytes: Uint8Array, at: number): BigNumber | undefined {
  const bits = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  const end = at + 2 + Math.ceil(bits / 8);
  if (bits === 0 || end > bytes.length) return undefined;
  return { value: unsigned(bytes.subarray(at + 2, end)), end };
}
