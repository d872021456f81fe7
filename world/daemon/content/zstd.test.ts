import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lazyZstd } from './zstd.ts';

const zstd = lazyZstd();

describe('zstd', () => {
  test('gives back what it was given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.integer({ min: -7, max: 19 }), (data, level) => {
        expect(zstd.decompress(zstd.compress(data, level), data.length)).toEqual(data);
      }),
    );
  });

  test('makes frames that the usual program reads', () => {
    const data = Buffer.concat([Buffer.alloc(300_000, 'abc'), randomBytes(3_000_000)]);
    const frame = zstd.compress(data, 3);
    expect(frame.length).toBeLessThan(data.length);
    expect(execFileSync('zstd', ['-dc'], { input: frame, maxBuffer: 1 << 24 }).equals(data)).toBe(true);
  });

  // Recorded from Linux 6.12: policy blobs, and what compressed_size said of them. zstd 1.5.7 makes one byte more of the last three.
  test.each([
    ['unc', 176],
    ['simple', 815],
    ['hatty', 996],
    ['wide', 929],
    ['wide2', 937],
    ['wide.ns1', 945],
  ])('has the sizes of the kernel: %s', (name, size) => {
    const file = new URL(`../../../test/conformance/scenarios/data/aa/${name}.bin`, import.meta.url);
    expect(zstd.compress(readFileSync(file), 3)).toHaveLength(size);
  });

  test('refuses what is no frame', () => {
    expect(() => zstd.decompress(Uint8Array.of(1, 2, 3), 100)).toThrow('cannot convert 3 bytes');
  });
});
