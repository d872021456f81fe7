/**
 * What the emulated kernel has in /proc, as one tree for mounts outside of worlds: attr directories, sysctls, the list of filesystems.
 */
import type { Stack } from '../../lsm/index.ts';
import { CallerSymlink, DynamicDirectory, InodeNumbers, TextFile } from '../../vfs/builders/index.ts';
import { failed } from '../../vfs/errno.ts';
import type { Filesystem } from '../../vfs/filesystem.ts';
import type { DirectoryEntry } from '../../vfs/node.ts';
import { sysctlTree } from './sysctl-tree.ts';

/** Far from the numbers of the attr tree, which counts from 1. */
const FIRST_INODE = 2 ** 40;

export function procTree(stack: Stack): Filesystem {
  const { attrTree, sysctls, filesystemTypes } = stack;
  const numbers = new InodeNumbers(FIRST_INODE);
  const link = (target: (ids: { readonly tid: number; readonly tgid: number }) => string): CallerSymlink =>
    new CallerSymlink({ ino: numbers.next() }, target);
  const own: readonly DirectoryEntry[] = [
    { name: 'self', node: link(({ tgid }) => String(tgid)) },
    { name: 'thread-self', node: link(({ tid, tgid }) => `${tgid}/task/${tid}`) },
    {
      name: 'filesystems',
      node: new TextFile({ ino: numbers.next(), mode: 0o444 }, () =>
        filesystemTypes.map((t) => `nodev\t${t}\n`).join(''),
      ),
    },
    ...(sysctls.size === 0 ? [] : [{ name: 'sys', node: sysctlTree(sysctls, numbers).root }]),
  ];
  const named = new Map(own.map(({ name, node }) => [name, node]));
  const root = new DynamicDirectory({
    ino: numbers.next(),
    mode: 0o555,
    lookup: (name, caller) => named.get(name) ?? attrTree.root.lookup(name, caller),
    entries: (caller) => {
      const tasks = attrTree.root.entries(caller);
      return failed(tasks) ? tasks : [...own, ...tasks];
    },
  });
  return { type: attrTree.type, magic: attrTree.magic, root, changes: attrTree.changes };
}
