/**
 * The part of /proc that concerns security modules, for a world in memory and for `lsmfs mount`: `self`, `thread-self`,
 * `filesystems`, `sys` and the attr directories of all tasks.
 */

import { E, failed } from '../../../linux/errno.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { CallerSymlink, DynamicDirectory, InodeNumbers, TextFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { Stack } from '../stack.ts';

/** Out of the way of the trees whose nodes it shows. */
const FIRST_INODE = 2 ** 40;

export function createProc(stack: Stack): Filesystem {
  const numbers = new InodeNumbers(FIRST_INODE);
  const existing = (caller: Caller, target: string) => (caller.tid === 0 ? E.ENOENT : target);
  const own: readonly DirectoryEntry[] = [
    {
      name: 'self',
      node: new CallerSymlink({ ino: numbers.next() }, (caller) => existing(caller, String(caller.tgid))),
    },
    {
      name: 'thread-self',
      node: new CallerSymlink({ ino: numbers.next() }, (caller) =>
        existing(caller, `${caller.tgid}/task/${caller.tid}`),
      ),
    },
    {
      name: 'filesystems',
      node: new TextFile({ ino: numbers.next(), mode: 0o444 }, () =>
        stack.filesystems.types.map((type) => `nodev\t${type}\n`).join(''),
      ),
    },
    { name: 'sys', node: stack.sysctlTree.root },
  ];
  const tasks = stack.attrTree.root;
  const root = new DynamicDirectory({
    ino: numbers.next(),
    mode: 0o555,
    lookup: (name, caller) => {
      return own.find((entry) => entry.name === name)?.node ?? tasks.lookup(name, caller);
    },
    entries: (caller) => {
      const entries = tasks.entries(caller);
      return failed(entries) ? entries : [...own, ...entries];
    },
  });
  return { type: 'proc', magic: PROC_SUPER_MAGIC, root, changes: stack.attrTree.changes };
}
