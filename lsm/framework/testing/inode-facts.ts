/** Ordinary files for tests. */
import type { InodeFacts } from '../files/inode.ts';

/** Root's, on a tmpfs, without attributes. */
export function inodeFacts(more: Partial<InodeFacts> = {}): InodeFacts {
  return {
    ...{ class: 'file', filesystem: { type: 'tmpfs', id: 'tmpfs' }, path: '/d/f' },
    ...{ ino: 7, uid: 0, gid: 0, xattrs: {} },
    ...more,
  };
}
