import { describe, expect, it } from 'vitest';
import { servedDevices, servedInside } from './hazards.ts';

const mounts = (...lines: string[]): string => `${lines.join('\n')}\n`;
const ROOT = '25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw';
const OURS = '80 25 0:55 / /sys/fs/selinux rw - fuse.selinuxfs lsmfs rw';
const HOST = '81 25 0:60 / /host rw master:1 - fuse.sshfs user@host: rw';
const INSIDE = '82 25 0:61 / /mnt/a\\040b rw shared:3 master:4 - fuse.sshfs user@host: rw';

describe('mounts with a server in user space', () => {
  it('are told from others', () => {
    expect([...servedDevices(mounts(ROOT, OURS, HOST, '83 25 0:7 / /net rw - autofs systemd-1 rw'))]).toEqual([
      '0:55',
      '0:60',
      '0:7',
    ]);
    expect(servedDevices('').size).toBe(0);
    expect(servedDevices('nonsense - fuse').size).toBe(0);
  });

  it('are a hazard only when the server may be in the world', () => {
    const ours = (device: string): boolean => device === '0:55';
    const host = () => mounts(ROOT, HOST);
    expect(servedInside(mounts(ROOT, OURS, HOST), host, ours)).toBe(false);
    expect(servedInside(mounts(ROOT, OURS, HOST, INSIDE), host, ours)).toBe(true);
    const unread = (): string => expect.fail('read though nothing foreign is mounted');
    expect(servedInside(mounts(ROOT, OURS), unread, ours)).toBe(false);
  });
});
