import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { TMPFS_MAGIC } from '../../../linux/magic.ts';
import type { CallerView } from './caller-view.ts';
import { KnownMounts } from './known-mounts.ts';

const TID = tidOf(7);
const line = (root: string) => `8 1 8:1 ${root} /bound rw - ext4 /dev/sda1 rw\n`;

it('finds the part of a filesystem that is mounted, also where another part was mounted by the same number', () => {
  const host = { calls: 0, mountInfo: line('/srv/page') };
  const view = {
    get calls() {
      return host.calls++;
    },
    mountInfo: () => host.mountInfo,
    filesystem: () => ({ magic: 0xef53, flags: 0 }),
  };
  const mounts = new KnownMounts(view as unknown as CallerView);
  const find = (root?: number) => mounts.find({ fd: 3, device: '8:1', mountId: 8, root }, TID)?.shown.root;
  expect([find(20), find(), find(20)]).toEqual(['/srv/page', '/srv/page', '/srv/page']);
  host.mountInfo = line('/srv/other');
  expect([find(20), find(21), find()]).toEqual(['/srv/page', '/srv/other', '/srv/other']);
});

it('knows devtmpfs, which calls itself tmpfs, where a node was opened in another mount namespace', () => {
  const own = '30 1 0:6 / /dev rw - devtmpfs devtmpfs rw\n31 1 0:24 / /tmp rw - tmpfs tmpfs rw\n';
  const view = {
    calls: 0,
    mountInfo: (of: unknown) => (of === 'thread-self' ? own : '50 1 8:1 / / rw - ext4 /dev/sda1 rw\n'),
    filesystem: () => ({ magic: TMPFS_MAGIC, flags: 0 }),
    filesystemMagic: () => TMPFS_MAGIC,
  };
  const mounts = new KnownMounts(view as unknown as CallerView);
  const find = (device: string) => mounts.find({ fd: 3, device, mountId: 24 }, TID);
  expect(find('0:6')).toMatchObject({ listed: false, shown: { type: 'devtmpfs', id: 'devtmpfs' } });
  expect(find('0:1')).toMatchObject({ listed: false, shown: { type: 'tmpfs' } });
});
