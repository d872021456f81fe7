/** What a kernel shows for such tables is recorded in the scenario c-selinux-mounts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeName,
  joinOptions,
  mountInfoLine,
  mountsLine,
  parseMountInfo,
  splitOptions,
} from '../../../host/procfs/mount-info.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import { emulatedTable } from './emulated.ts';

/** A host without /sys/fs/toyfs, with a cgroup mount below the directory that had to be covered. */
const HOST = `20 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro
21 20 0:22 / /sys rw,nosuid shared:2 master:7 - sysfs sysfs rw
22 20 0:21 / /proc rw,relatime - proc proc rw
23 21 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate
24 23 0:29 / /sys/fs/cgroup/a rw,relatime - tmpfs none rw
25 21 0:7 / /sys/kernel/security rw,relatime - securityfs none rw
`;
const OURS = `30 25 0:50 / /sys/kernel/security rw,nosuid,nodev,noexec,relatime - fuse.securityfs lsmfs:w rw,user_id=0,group_id=0,default_permissions,allow_other
31 21 0:55 / /sys/fs ro,nosuid - tmpfs lsmfs:w rw,mode=755
32 31 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate
33 32 0:29 / /sys/fs/cgroup/a rw,relatime - tmpfs none rw
34 31 0:22 /fs/ext4 /sys/fs/ext4 rw,nosuid shared:2 master:7 - sysfs sysfs rw
35 31 0:51 / /sys/fs/toyfs rw,nosuid,noexec,relatime - fuse.toyfs lsmfs:w ro,user_id=0,group_id=0
36 21 0:56 / /sys/module ro - overlay lsmfs:w ro,lowerdir=/a:/b
37 36 0:57 / /sys/module/toy rw - fuse.sysfs lsmfs:w rw,user_id=0
38 22 0:58 /filesystems /proc/filesystems rw - tmpfs lsmfs:w rw,mode=755
39 20 0:60 / /mnt rw - fuse.toyfs lsmfs:other rw,user_id=0
40 20 0:61 / /mnt/b rw - fuse.sshfs host: rw,seclabel,user_id=0
`;

function shown(text: string): string {
  const facts = {
    source: 'lsmfs:w',
    types: ['securityfs', 'toyfs'],
    securityOptions: (type: string, device: string) => {
      if (device === '0:29') return ['context="u:r:t:s0:c1,c2"'];
      return ['ext4', 'sysfs', 'fuse'].includes(type) ? ['seclabel'] : [];
    },
  };
  return emulatedTable(parseMountInfo(text), facts, KERNEL_CALLER).map(mountInfoLine).join('');
}

describe('the table of a world', () => {
  it('is that of the host with ours in it, and nothing that was only mounted to make place', () => {
    expect(shown(HOST + OURS)).toBe(`20 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,seclabel,errors=remount-ro
21 20 0:22 / /sys rw,nosuid shared:2 master:7 - sysfs sysfs rw,seclabel
22 20 0:21 / /proc rw,relatime - proc proc rw
30 21 0:50 / /sys/kernel/security rw,nosuid,nodev,noexec,relatime - securityfs securityfs rw
32 21 0:28 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate
33 32 0:29 / /sys/fs/cgroup/a rw,relatime - tmpfs none rw,context="u:r:t:s0:c1,c2"
35 21 0:51 / /sys/fs/toyfs rw,nosuid,noexec,relatime - toyfs toyfs ro
39 20 0:60 / /mnt rw - fuse.toyfs lsmfs:other rw,seclabel,user_id=0
40 20 0:61 / /mnt/b rw - fuse.sshfs host: rw,seclabel,user_id=0
`);
  });

  it('has a parent in it for each mount, but for the first', () => {
    const entries = parseMountInfo(shown(HOST + OURS));
    const ids = new Set(entries.map(({ id }) => id));
    expect(entries.filter(({ parent }) => !ids.has(parent)).map(({ id }) => id)).toEqual([20]);
  });

  it('does not repeat what a host with labels of its own says', () => {
    const line = '20 1 0:9 / / rw - hostfs a rw,sync,context="u:r:t:s0:c1,c2",seclabel,x=context=y\n';
    expect(shown(line)).toBe('20 1 0:9 / / rw - hostfs a rw,sync,x=context=y\n');
  });
});

describe('a line', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', '\\040', ',', ':', '='), maxLength: 12 });
  const options = fc.record({
    writable: fc.boolean(),
    vfs: fc.subarray(['sync', 'dirsync', 'mand', 'lazytime']),
    security: fc.subarray(['fscontext=u:r:t', 'context="u:r:t:s0:c1,c3"', 'rootcontext=u:r:t', 'seclabel']),
    filesystem: fc.constantFrom('', 'mode=755', 'lowerdir=/a:/b,redirect_dir=on', 'x,,y'),
  });

  it('comes back', () => {
    fc.assert(
      fc.property(
        name,
        name,
        options,
        fc.constantFrom('', ' shared:1', ' shared:1 master:2'),
        (a, b, all, propagation) => {
          const line = `36 35 98:0 /${a} /${b} rw,noatime${propagation} - ext3 ${a} ${joinOptions(all)}\n`;
          expect(parseMountInfo(line).map(mountInfoLine)).toEqual([line]);
          expect(splitOptions(joinOptions(all))).toEqual(all);
        },
      ),
    );
  });

  it('may be anything', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseMountInfo(text).map(mountsLine)));
    expect(decodeName('a\\040b\\134')).toBe('a b\\');
  });

  it('of /proc/mounts has all options together', () => {
    const line = '36 35 98:0 / /a\\040b ro,noatime - ext3  rw,sync,seclabel,errors=continue,x\n';
    expect(parseMountInfo(line).map(mountsLine)).toEqual([
      ' /a\\040b ext3 ro,sync,seclabel,noatime,errors=continue,x 0 0\n',
    ]);
  });
});
