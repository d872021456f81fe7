/** Requests, replies and notifications as bytes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKED_INIT_FLAGS } from './flags.ts';
import { nodeId, pollHandle } from './ids.ts';
import { encodeInit, negotiate } from './init.ts';
import { notifyDelete, notifyInvalEntry, notifyInvalInode, notifyPoll, notifyStore } from './notify.ts';
import { FuseReply } from './reply.ts';
import { FuseRequest } from './request.ts';

const hex = (text: string) => Buffer.from(text.replace(/\s+/g, ''), 'hex');

/** Thread 1234 of user 1000:1001 looks up `enforce` in node 3. */
const LOOKUP = hex(`
  30000000 01000000 0a00000000000000 0300000000000000 e8030000 e9030000 d2040000 0000 0000
  656e666f72636500`);

function requestOf(bytes: Buffer): FuseRequest | undefined {
  const buffer = Buffer.alloc(4096, 0xff);
  bytes.copy(buffer);
  const request = new FuseRequest(buffer);
  return request.accept(bytes.length) ? request : undefined;
}

test('the header of a request', () => {
  expect(requestOf(LOOKUP)).toMatchObject({
    opcode: 1,
    unique: 10,
    nodeid: 3,
    uid: 1000,
    gid: 1001,
    tid: 1234,
    bodyLength: 8,
  });
  expect(requestOf(LOOKUP)?.name(0)).toBe('enforce');
});

test('a length that is not the one received is not a request', () => {
  expect(requestOf(LOOKUP.subarray(0, 47))).toBeUndefined();
  expect(requestOf(LOOKUP.subarray(0, 39))).toBeUndefined();
  expect(requestOf(Buffer.alloc(0))).toBeUndefined();
});

test('names are bytes, and end inside the request', () => {
  const raw = Buffer.concat([LOOKUP.subarray(0, 40), hex('ff41c300 6200 0000')]);
  const request = requestOf(raw);
  expect(request?.name(0)).toBe('\xffA\xc3');
  expect(request?.name(request.afterName(0))).toBe('b');
  const endless = Buffer.concat([LOOKUP.subarray(0, 40), hex('4141414141414141')]);
  expect(() => requestOf(endless)?.name(0)).toThrow(RangeError);
});

test('reading never leaves the request', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(80), fc.nat(80), (body, offset, length) => {
      const bytes = Buffer.concat([LOOKUP.subarray(0, 40), body]);
      bytes.writeUInt32LE(bytes.length, 0);
      const request = requestOf(bytes);
      const inside = (width: number) => offset + width <= body.length;
      const attempt = (read: () => unknown) => {
        try {
          return read();
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return undefined;
        }
      };
      expect(attempt(() => request?.u32(offset)) !== undefined).toBe(inside(4));
      expect(attempt(() => request?.u64(offset)) !== undefined).toBe(inside(8));
      expect(attempt(() => request?.i64(offset)) !== undefined).toBe(inside(8));
      expect(attempt(() => request?.bytes(offset, length)) !== undefined).toBe(inside(length));
      expect(attempt(() => request?.name(offset)) !== undefined).toBe(body.subarray(offset).includes(0));
    }),
  );
});

test('a reply carries the number of its request and grows as needed', () => {
  const reply = new FuseReply(8);
  reply.u32(0, 0xfffffffe);
  reply.bytes(4, Buffer.from('a longer body than there was room for'));
  const length = reply.finish(LOOKUP, 0, 41);
  expect(length).toBe(57);
  expect(reply.buffer.subarray(0, 20)).toEqual(hex('39000000 00000000 0a00000000000000 feffffff'));
  expect(reply.buffer.toString('latin1', 20, 57)).toBe('a longer body than there was room for');
  expect(reply.finish(LOOKUP, 22, 0)).toBe(16);
  expect(reply.buffer.subarray(0, 16)).toEqual(hex('10000000 eaffffff 0a00000000000000'));
});

test('64-bit fields keep every integer that a number can hold', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const reply = new FuseReply();
      reply.u64(8, value);
      const body = reply.buffer.subarray(16, 64);
      const bytes = Buffer.concat([LOOKUP.subarray(0, 40), body]);
      bytes.writeUInt32LE(bytes.length, 0);
      expect(requestOf(bytes)?.u64(8)).toBe(value);
      expect(requestOf(bytes)?.i64(8)).toBe(BigInt(value));
    }),
  );
});

test('INIT: data are passed through where the kernel has it, and was asked for it', () => {
  const init = (flags: number, flags2: number, stackDepth?: number) => {
    const body = Buffer.alloc(64);
    for (const [index, word] of [7, 45, 0, flags, flags2].entries()) body.writeUInt32LE(word >>> 0, 4 * index);
    const bytes = Buffer.concat([LOOKUP.subarray(0, 40), body]);
    bytes.writeUInt32LE(bytes.length, 0);
    const request = requestOf(bytes);
    const negotiated = request && negotiate(request, BACKED_INIT_FLAGS, 32, stackDepth);
    if (negotiated === undefined) return undefined;
    const reply = new FuseReply();
    const out = reply.body(encodeInit(reply, negotiated));
    return [out.readUInt32LE(12) >>> 30, out.readUInt32LE(32), out.readUInt32LE(36)];
  };
  expect(init(-1, -1, 2)).toEqual([1, 0x20, 2]);
  expect(init(-1, -1)).toEqual([1, 0, 0]);
  expect(init(-1, 0x1f, 1)).toEqual([1, 0, 0]);
  expect(init(0x3fffffff, -1, 1)).toEqual([0, 0, 0]);
});

test('notifications', () => {
  expect(notifyPoll(pollHandle(5))).toEqual(hex('18000000 01000000 0000000000000000 0500000000000000'));
  expect(notifyInvalInode(nodeId(7))).toEqual(
    hex('28000000 02000000 0000000000000000 0700000000000000 0000000000000000 0000000000000000'),
  );
  expect(notifyInvalEntry(nodeId(3), '\xffb')).toEqual(
    hex('23000000 03000000 0000000000000000 0300000000000000 02000000 00000000 ff6200'),
  );
  expect(notifyStore(nodeId(9), Buffer.from('data'))).toEqual(
    hex('2c000000 04000000 0000000000000000 0900000000000000 0000000000000000 04000000 00000000 64617461'),
  );
  expect(notifyDelete(nodeId(3), nodeId(9), 'b')).toEqual(
    hex('2a000000 06000000 0000000000000000 0300000000000000 0900000000000000 01000000 00000000 6200'),
  );
});
