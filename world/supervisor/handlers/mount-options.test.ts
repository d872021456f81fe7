import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isNewMount,
  isRemount,
  knownMountData,
  LABEL_KEYS,
  labelOptions,
  mountAttributes,
  withoutLabels,
} from './mount-options.ts';

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

describe('mount data', () => {
  it('may hold nothing or options of SELinux', () => {
    for (const data of ['', 'context="system_u:object_r:tmp_t:s0:c1,c2"', 'seclabel,rootcontext=x']) {
      expect(knownMountData(data)).toBe(true);
    }
    for (const data of ['foo', 'context', 'context=a,bogus=1', 'xcontext=y']) expect(knownMountData(data)).toBe(false);
  });

  it('loses its labels for other filesystems', () => {
    expect(withoutLabels('mode=755,context="a:b:c:s0:c1,c2",size=1m')).toBe('mode=755,size=1m');
    expect(withoutLabels('rootcontext=a:b:c,fscontext=d')).toBe('');
    expect(withoutLabels('defcontext=a')).toBe('');
    expect(withoutLabels('seclabel,size=1m,seclabel')).toBe('size=1m');
    expect(withoutLabels('seclabels')).toBeUndefined();
    expect(withoutLabels('mode=755')).toBeUndefined();
    expect(withoutLabels('mycontext=1')).toBeUndefined();
  });

  it('has labels by name, without quotes', () => {
    expect(labelOptions('mode=755,context="a:b:c:s0:c1,c2",rootcontext=d,seclabel')).toEqual([
      ['context', 'a:b:c:s0:c1,c2'],
      ['rootcontext', 'd'],
    ]);
    expect(labelOptions('mode=755')).toEqual([]);
    expect(labelOptions('context=a,context=')).toEqual([
      ['context', 'a'],
      ['context', ''],
    ]);
    fc.assert(fc.property(fc.string(), (data) => labelOptions(data).every(([name]) => LABEL_KEYS.has(name))));
  });

  it('never grows, so it fits where it came from', () => {
    const option = fc.constantFrom('context=a', 'fscontext="b,c"', 'mode=1', '', 'x', 'context="');
    fc.assert(
      fc.property(fc.array(option), (options) => {
        const data = options.join(',');
        const rest = withoutLabels(data);
        expect(rest === undefined || rest.length < data.length).toBe(true);
      }),
    );
  });
});
