import { expect, test } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { FORWARD_WRITE_COMMAND, forwardedWriteIn, putForwardedWrite } from './forwarded-write.ts';

/** Thread 1234 with fsuid 1000 and fsgid 1001, at position 2^33 + 5. */
const BYTES = 'd2040000e8030000e903000000000000' + '0500000002000000';
const WRITE = { caller: { tid: tidOf(1234), uid: 1000, gid: 1001 }, offset: 2 ** 33 + 5 };

function sourceOf(bytes: Buffer) {
  return { u32: (at: number) => bytes.readUInt32LE(at), u64: (at: number) => Number(bytes.readBigUInt64LE(at)) };
}

test('the argument is written and read', () => {
  const argument = Buffer.alloc(24, 0xff);
  putForwardedWrite(new DataView(argument.buffer, argument.byteOffset), WRITE);
  expect(argument.toString('hex')).toBe(BYTES);
  expect(forwardedWriteIn(sourceOf(Buffer.concat([Buffer.alloc(32), argument])), 32)).toEqual(WRITE);
  expect(() => forwardedWriteIn(sourceOf(argument.subarray(0, 23)), 0)).toThrow(RangeError);
});

test('the command says how long its argument is', () => {
  expect((FORWARD_WRITE_COMMAND >>> 16) & 0x3fff).toBe(BYTES.length / 2);
});
