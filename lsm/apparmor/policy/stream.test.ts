import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PolicyStream } from './stream.ts';
import { W } from './testing/serialise.ts';

const of = (...parts: Uint8Array[]) => new PolicyStream(Buffer.concat(parts));

describe('PolicyStream', () => {
  it('reads every kind of element', () => {
    const stream = of(
      W.name('a'),
      W.u32(0xffffffff),
      W.u8(7),
      W.u64(1n << 63n),
      W.string('text'),
      W.name('s'),
      W.struct,
      W.array(3),
      W.arrayEnd,
      W.blob(Uint8Array.of(1, 2)),
      W.structEnd,
    );
    expect(stream.u32('a')).toBe(0xffffffff);
    expect(stream.u8()).toBe(7);
    expect(stream.u64()).toBe(1n << 63n);
    expect(stream.string()).toBe('text');
    expect(stream.struct('s')).toBe(true);
    expect(stream.array()).toBe(3);
    expect(stream.arrayEnd()).toBe(true);
    expect([...(stream.blob() ?? [])]).toEqual([1, 2]);
    expect(stream.structEnd()).toBe(true);
    expect(stream.atEnd).toBe(true);
  });

  it('takes any name when it wants none, and only the right one when it wants one', () => {
    expect(of(W.name('x'), W.u32(1)).u32()).toBe(1);
    expect(of(W.name('x'), W.u32(1)).u32('y')).toBeUndefined();
    expect(of(W.u32(1)).u32('x')).toBeUndefined();
  });

  it('stays where it is when the element is not there or cut off', () => {
    for (const bytes of [
      W.u32(1).subarray(0, 4),
      W.string('abc').subarray(0, 5),
      W.name('abc'),
      W.blob(Uint8Array.of()),
    ]) {
      const stream = of(bytes);
      expect(stream.u32()).toBeUndefined();
      expect(stream.string()).toBeUndefined();
      expect(stream.blob()).toBeUndefined();
      expect(stream.position).toBe(0);
    }
  });

  it('wants a NUL at the end of a string', () => {
    expect(of(Buffer.from([5, 2, 0, 0x61, 0x62])).rawString()).toBeUndefined();
    expect(of(Buffer.from([5, 3, 0, 0x61, 0, 0])).rawString()).toBe('a\0');
    expect(of(Buffer.from([5, 3, 0, 0x61, 0, 0])).string()).toBe('a');
  });

  it('never leaves the bytes, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(8), { maxLength: 20 }), (bytes, calls) => {
        const stream = new PolicyStream(bytes);
        for (const call of calls) {
          const before = stream.position;
          const value = [
            () => stream.u8(),
            () => stream.u32('x'),
            () => stream.u32(),
            () => stream.u64(),
            () => stream.rawString(),
            () => stream.blob(),
            () => stream.array(),
            () => stream.structEnd() || undefined,
            () => stream.struct('x') || undefined,
          ][call]?.();
          if (value === undefined) expect(stream.position).toBe(before);
          expect(stream.position).toBeLessThanOrEqual(bytes.length);
        }
      }),
    );
  });
});
