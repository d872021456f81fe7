import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMountInfo } from './mount-info.ts';

describe('mountinfo', () => {
  it('gives place, type and source', () => {
    const text =
      '36 35 98:0 /mnt1 /mnt/a\\040b rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n' +
      '40 35 0:44 / /sys/fs/selinux rw,nosuid - fuse.selinuxfs lsmfs:calm-fjord rw,user_id=0\n';
    expect(parseMountInfo(text)).toEqual([
      { mountPoint: '/mnt/a b', type: 'ext3', source: '/dev/root' },
      { mountPoint: '/sys/fs/selinux', type: 'fuse.selinuxfs', source: 'lsmfs:calm-fjord' },
    ]);
  });

  it('leaves out what is no line of it', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const { mountPoint, type } of parseMountInfo(text))
          expect([typeof mountPoint, typeof type]).toEqual(['string', 'string']);
      }),
    );
    expect(parseMountInfo('36 35 98:0\n\n - a b\n')).toEqual([]);
  });
});
