import { expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { Walked } from '../access/walk.ts';
import type { WorkerContext } from '../context.ts';
import { creation } from './mediated-names.ts';

/** What is asked about a directory that is made in one of a filesystem of this type, where nobody may change names. */
function askedIn(type: string): string[] {
  const directory = { inode: { class: 'dir', filesystem: { type, id: type } } };
  const walked = { checks: [], directory, name: 'new', file: -ERRNO.ENOENT, parent: 5, slash: false };
  const context = {
    call: { tid: tidOf(7) },
    view: { permits: () => -ERRNO.EACCES, mayAsk: () => false },
  };
  const checks = creation(context as unknown as WorkerContext, walked as unknown as Walked, 'inodeMkdir', 'dir');
  return checks.map(({ hook }) => hook);
}

it('a new name is asked about, but not in procfs, where there is none to be made', () => {
  expect(askedIn('ext4')).toEqual(['pathMkdir']);
  expect(askedIn('proc')).toEqual([]);
});
