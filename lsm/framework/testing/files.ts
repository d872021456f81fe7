/** Ordinary files, and calls of execve(2), for tests. */
import type { ExecCall } from '../events.ts';
import type { InodeFacts } from '../files/inode.ts';

/** Root's, on a tmpfs, without attributes. */
export function inodeFacts(more: Partial<InodeFacts> = {}): InodeFacts {
  return {
    ...{ class: 'file', filesystem: { type: 'tmpfs', id: 'tmpfs' }, path: '/d/f' },
    ...{ ino: 7, uid: 0, gid: 0, xattrs: {} },
    ...more,
  };
}

/** By root, of a program that is a file like any other. */
export function execCall(more: Partial<ExecCall> = {}): ExecCall {
  return {
    ...{ filename: '/x', deleted: false, disconnected: false, nosuid: false },
    ...{ interpreters: [], noNewPrivs: false, fsuid: 0 },
    ...more,
  };
}
