import { describe, expect, it } from 'vitest';
import { isNewMount, isRemount, mountAttributes } from './mount-options.ts';

describe('mount(2) flags', () => {
  it('tell a new mount from changes of old ones', () => {
    expect(isNewMount(0)).toBe(true);
    expect(isNewMount(0xc0ed0000 | 0xe)).toBe(true);
    for (const other of [0x20, 0x1000, 0x2000, 0x20000, 0x40000, 0x80000, 0x100000])
      expect(isNewMount(other)).toBe(false);
  });

  it('tell a changed superblock from a changed mount', () => {
    expect(isRemount(0x20 | 0x1)).toBe(true);
    expect(isRemount(0xc0ed0000 | 0x20)).toBe(true);
    expect(isRemount(0x20 | 0x1000)).toBe(false);
    expect(isRemount(0)).toBe(false);
  });

  it('become mount attributes', () => {
    expect(mountAttributes(0x1 | 0x2 | 0x4 | 0x8)).toBe(0xf);
    expect(mountAttributes(0x400)).toBe(0x10);
    expect(mountAttributes(0x1000000)).toBe(0x20);
    expect(mountAttributes(0x200000)).toBe(0); // relatime is the default
    expect(mountAttributes(0xc0ed0000 | 0x100 | 0x800)).toBe(0x200080);
  });
});
