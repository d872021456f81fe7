/**
 * The part of /proc that concerns security modules, for a world in memory and for `lsmfs mount`: `self`, `thread-self`,
 * `filesystems`, `sys` and the attr directories of all tasks.
 */

import { E, failed } from '../../../linux/errno.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { CallerSymlink, DynamicDirectory, InodeNumbers, TextFile } from '../../../vfs/pseudo/index.ts';
import { type Caller, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { Stack } from '../stack.ts';
import { type Acting, actedBy, actingFor } from './acting.ts';

/** Out of the way of the trees whose nodes it shows. */
const FIRST_INODE = 2 ** 40;

/** @param kernel the task that the kernel is here; without it, it has no `self`. */
export function createProc(stack: Stack, kernel?: () => Caller): Filesystem {
  const numbers = new InodeNumbers(FIRST_INODE);
  const acting: Acting = kernel === undefined ? (caller) => caller : actingFor(kernel);
  const existing = (caller: Caller, target: (self: Caller) => string) => {
    const self = acting(caller);
    return self.tid === KERNEL_CALLER.tid ? E.ENOENT : target(self);
  };
  const own: readonly DirectoryEntry[] = [
    {
      name: 'self',
      node: new CallerSymlink({ ino: numbers.next() }, (caller) => existing(caller, ({ tgid }) => String(tgid))),
    },
    {
      name: 'thread-self',
      node: new CallerSymlink({ ino: numbers.next() }, (caller) =>
        existing(caller, ({ tgid, tid }) => `${tgid}/task/${tid}`),
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
  const tasks = (kernel === undefined ? stack.attrTree : actedBy(stack.attrTree, acting)).root;
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
