import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findWorldMount, pathInFilesystem } from './world-mount.ts';

const MOUNTINFO = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw,nosuid - proc proc rw
24 22 0:30 /sub/dir /mnt/a\\040b rw master:2 propagate_from:3 - tmpfs none rw
`;

describe('a line of mountinfo', () => {
  it('is found by the number of the mount', () => {
    expect(findWorldMount(MOUNTINFO, 22)).toEqual({ type: 'ext4', id: 'sda1', root: '/', mountPoint: '/' });
    expect(findWorldMount(MOUNTINFO, 24)).toEqual({
      type: 'tmpfs',
      id: 'tmpfs',
      root: '/sub/dir',
      mountPoint: '/mnt/a b',
    });
    expect(findWorldMount(MOUNTINFO, 2)).toBeUndefined();
  });
  it('of a mount of ours tells what it stands for', () => {
    const mountinfo = `22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:22 / /sys rw - sysfs sysfs rw
24 23 0:40 / /sys/fs ro - tmpfs lsmfs:world rw
25 24 0:41 / /sys/fs/toyfs rw - fuse.toyfs lsmfs:world rw
26 24 0:22 /fs/bpf /sys/fs/bpf rw - sysfs sysfs rw
27 24 0:42 /file /sys/fs/version ro - tmpfs lsmfs:world rw
`;
    const type = (id: number) => findWorldMount(mountinfo, id);
    expect(type(24)).toEqual({ type: 'sysfs', id: 'sysfs', root: '/fs', mountPoint: '/sys/fs' });
    expect(type(25)).toEqual({ type: 'toyfs', id: 'toyfs', root: '/', mountPoint: '/sys/fs/toyfs' });
    expect(type(26)).toEqual({ type: 'sysfs', id: 'sysfs', root: '/fs/bpf', mountPoint: '/sys/fs/bpf' });
    expect(type(27)).toEqual({ type: 'sysfs', id: 'sysfs', root: '/fs/version', mountPoint: '/sys/fs/version' });
    expect(findWorldMount('5 5 0:1 / / rw - tmpfs lsmfs:w rw\n', 5)?.type).toBe('tmpfs');
  });
  it('may be anything', () => {
    fc.assert(fc.property(fc.string(), fc.nat(), (text, id) => void findWorldMount(text, id)));
  });
});

describe('a path in its filesystem', () => {
  const line = (root: string, mountPoint: string) => ({ type: 't', id: 't', root, mountPoint });
  it.each([
    ['/', '/', '/etc/x', '/etc/x'],
    ['/', '/proc', '/proc', '/'],
    ['/', '/proc', '/proc/1/stat', '/1/stat'],
    ['/', '/proc', '/jail/proc/1/stat', '/1/stat'],
    ['/sub', '/mnt', '/mnt/f', '/sub/f'],
    ['/sub', '/mnt', '/mnt', '/sub'],
    ['/', '/', '/', '/'],
  ])('root %s at %s: %s is %s', (root, point, path, expected) => {
    expect(pathInFilesystem(line(root, point), path)).toBe(expected);
  });
});
