import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { softwareDigests } from './digests.ts';
import { hmac } from './hmac.ts';

it('is what others compute', () => {
  for (const algorithm of ['sha1', 'sha256']) {
    for (const size of [0, 1, 63, 64, 65, 128]) {
      const key = Buffer.alloc(size, 0xa5);
      const expected = createHmac(algorithm, key).update('one').update('two').digest();
      const made = hmac(softwareDigests, algorithm, key, [Buffer.from('one'), Buffer.from('two')]);
      expect(Buffer.from(made ?? [])).toEqual(expected);
    }
  }
  expect(hmac(softwareDigests, 'whirlpool', Buffer.alloc(65), [])).toBeUndefined();
});
