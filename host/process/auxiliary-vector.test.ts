import { expect, it } from 'vitest';
import { AT_RANDOM, AT_SECURE } from '../../linux/process.ts';
import { auxiliaryValue } from './auxiliary-vector.ts';

const STACK = 0x7ffc_0000_1000n;

function reader(...words: bigint[]) {
  const memory = Buffer.alloc(8 * words.length);
  for (const [index, word] of words.entries()) memory.writeBigUInt64LE(word, 8 * index);
  return (address: bigint, length: number) =>
    memory.subarray(Number(address - STACK), Number(address - STACK) + Math.min(length, 4096));
}

const place = (type: number, ...words: bigint[]) => auxiliaryValue(reader(...words), STACK, type);

it('is behind arguments and environment', () => {
  const stack = [2n, 0x10n, 0x20n, 0n, 0x30n, 0n, BigInt(AT_RANDOM), 0x99n, BigInt(AT_SECURE), 0n, 0n, 0n];
  expect(place(AT_SECURE, ...stack)).toBe(STACK + 72n);
  expect(place(AT_RANDOM, ...stack)).toBe(STACK + 56n);
  expect(place(6, ...stack)).toBeUndefined();
});

it('takes no argument, variable or value for a type', () => {
  const secure = BigInt(AT_SECURE);
  expect(place(AT_SECURE, 1n, secure, 0n, secure, 0n, 3n, secure, 0n, 0n)).toBeUndefined();
});

it('ends where the memory does', () => {
  expect(place(AT_SECURE)).toBeUndefined();
  expect(place(AT_SECURE, 1n, 0x10n, 0n, 0x20n)).toBeUndefined();
  expect(place(AT_SECURE, 1n << 60n, 0n, 0n)).toBeUndefined();
  expect(place(AT_SECURE, 0n, 0n, 0n, 7n, 0n)).toBeUndefined();
});

it('finds it behind more than is read at a time', () => {
  const variables = Array.from({ length: 2000 }, () => 0x40n);
  expect(place(AT_SECURE, 0n, 0n, ...variables, 0n, BigInt(AT_SECURE), 0n, 0n, 0n)).toBe(STACK + 8n * 2004n);
});
