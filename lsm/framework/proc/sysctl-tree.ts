/**
 * The sysctls of all modules as a directory tree: what /proc/sys would have of them (fs/proc/proc_sysctl.c).
 *
 * Directories are 0555, nothing can be made in them: the name is looked up first, so that is ENOENT.
 */

import { E, type Errno } from '../../../linux/errno.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import { type InodeNumbers, StaticDirectory } from '../../../vfs/pseudo/index.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { Node } from '../../../vfs/tree/node.ts';

export function createSysctlTree(sysctls: ReadonlyMap<string, Node>, numbers: InodeNumbers): Filesystem {
  const directory = (): SysctlDirectory => new SysctlDirectory({ ino: numbers.next(), mode: 0o555, nlink: 1 });
  const root = directory();
  for (const [path, node] of sysctls) {
    const names = path.split('/');
    const last = names.pop() ?? path;
    let parent = root;
    for (const name of names) parent = parent.below(name) ?? parent.add(name, directory());
    parent.set(last, node);
  }
  return { type: 'proc', magic: PROC_SUPER_MAGIC, root, changes: new Changes() };
}

class SysctlDirectory extends StaticDirectory {
  readonly #directories = new Map<string, SysctlDirectory>();

  below(name: string): SysctlDirectory | undefined {
    return this.#directories.get(name);
  }

  add(name: string, directory: SysctlDirectory): SysctlDirectory {
    this.#directories.set(name, directory);
    this.set(name, directory);
    return directory;
  }

  create(): Errno {
    return E.ENOENT;
  }

  mkdir(): Errno {
    return E.ENOENT;
  }

  override setAttributes(): Errno {
    return E.EPERM;
  }
}
