import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from './sha256.ts';

describe('sha256', () => {
  it('is what node:crypto says, in one part or several', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 70 }), (a, b) => {
        const expected = createHash('sha256').update(a).update(b).digest('hex');
        return sha256(a, b) === expected && sha256(Buffer.concat([a, b])) === expected;
      }),
    );
  });

  it('pads at the ends of blocks', () => {
    for (let length = 0; length < 200; length++) {
      const message = new Uint8Array(length).fill(length);
      expect(sha256(message), `${length}`).toBe(createHash('sha256').update(message).digest('hex'));
    }
  });
});
