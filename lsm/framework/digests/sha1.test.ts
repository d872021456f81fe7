import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sha1 } from './sha1.ts';

describe('sha1', () => {
  it('is what the runtime computes, at every length around the block', () => {
    for (const length of [0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 1000]) {
      const message = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
      const expected = createHash('sha1').update(message).digest('hex');
      expect(Buffer.from(sha1(message)).toString('hex'), `${length}`).toBe(expected);
    }
  });
});
