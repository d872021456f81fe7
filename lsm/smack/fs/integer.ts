/**
 * The kernel's kstrtouint_from_user() and its like (lib/kstrtox.c): decimal digits, at most a sign in front and a newline behind.
 */
import { textOf, untilNul } from '../../../linux/bytes.ts';
import { E, type Result } from '../../../linux/errno.ts';

export interface IntegerType {
  readonly bits: 8 | 32;
  readonly signed: boolean;
}

/** The bytes that are looked at: as many as the number has in binary, with sign and newline. */
function lookedAt({ bits }: IntegerType): number {
  return bits + 3;
}

export function parseInteger(data: Uint8Array, type: IntegerType): Result<number> {
  const text = textOf(untilNul(data.subarray(0, lookedAt(type) - 1)));
  const match = /^([+-]?)(\d+)\n?$/.exec(text);
  if (match === null || text.endsWith('\n\n')) return E.EINVAL;
  const [, sign, digits = ''] = match;
  if (sign === '-' && !type.signed) return E.EINVAL;
  const magnitude = BigInt(digits);
  const value = sign === '-' ? -magnitude : magnitude;
  const bits = BigInt(type.bits);
  const [lowest, highest] = type.signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
  return value < lowest || value > highest ? E.ERANGE : Number(value);
}
