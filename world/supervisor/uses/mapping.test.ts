import { describe, expect, it } from 'vitest';
import { mappingAt } from './mapping.ts';

const MAPS = [
  '55d0c0000000-55d0c0002000 r--p 00000000 fe:01 131 /usr/bin/cat',
  '7f0000000000-7f0000010000 rw-p 00000000 00:00 0 ',
  '7f0000010000-7f0000012000 r-xp 00002000 fe:01 77                         /lib/a library.so',
  '7ffc00000000-7ffc00020000 rw-p 00000000 00:00 0                          [stack]',
].join('\n');

describe('mapped files', () => {
  it('are found by address', () => {
    expect(mappingAt(MAPS, 0x55d0c0001fffn)).toEqual({ path: '/usr/bin/cat', ino: 131, executable: false });
    expect(mappingAt(MAPS, 0x7f0000010000n)).toEqual({ path: '/lib/a library.so', ino: 77, executable: true });
  });

  it('are none in memory, nor between mappings', () => {
    for (const address of [0x7f0000000000n, 0x55d0c0002000n, 0x7ffc00000010n, 0n])
      expect(mappingAt(MAPS, address)).toBeUndefined();
    expect(mappingAt('', 1n)).toBeUndefined();
  });
});
