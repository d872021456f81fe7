import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
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
