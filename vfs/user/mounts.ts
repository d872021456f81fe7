/**
 * A mount table: several filesystems as one tree, for users without a kernel underneath.
 *
 * Mount points are remembered by their path from the root, so a filesystem may be mounted on any directory, also one of another mounted
 * filesystem. Directories on the way to a mount point that do not exist are made in the root filesystem: the given one, or an empty one
 * of our own.
 */

import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { RAMFS_MAGIC } from '../../linux/magic.ts';
import { InodeNumbers, StaticDirectory } from '../pseudo/index.ts';
import { KERNEL_CALLER } from '../tree/caller.ts';
import { Changes } from '../tree/changes.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import type { Directory } from '../tree/node.ts';

export class MountTable {
  readonly #mounts = new Map<string, Filesystem>();
  readonly #numbers = new InodeNumbers();
  readonly #changes = new Changes();
  #devices = new Map<Filesystem, number>();

  constructor(root?: Filesystem) {
    this.#mounts.set('/', root ?? this.#skeleton());
  }

  /** The same mounts, which from now on change apart. */
  copy(): MountTable {
    const copy = new MountTable(this.root);
    for (const [path, filesystem] of this.#mounts) copy.#mounts.set(path, filesystem);
    copy.#devices = this.#devices;
    return copy;
  }

  /** From now on it has the mounts of another table, for all who use it. */
  become(other: MountTable): void {
    this.#mounts.clear();
    for (const { path, filesystem } of other.list()) this.#mounts.set(path, filesystem);
    this.#devices = other.#devices;
  }

  /** What stat(2) shows as the device of its files: another number for each filesystem. */
  device(filesystem: Filesystem): number {
    const number = this.#devices.get(filesystem) ?? this.#devices.size + 1;
    this.#devices.set(filesystem, number);
    return number;
  }

  get root(): Filesystem {
    return this.#mounts.get('/') ?? this.#skeleton();
  }

  /** The filesystem mounted at exactly this canonical path (`/`, `/sys/fs/selinux`). */
  at(path: string): Filesystem | undefined {
    return this.#mounts.get(path);
  }

  /** All mounts, in the order they were made. */
  list(): readonly { readonly path: string; readonly filesystem: Filesystem }[] {
    return [...this.#mounts].map(([path, filesystem]) => ({ path, filesystem }));
  }

  /** @param path canonical and absolute: no `.`, `..`, symlinks or trailing slash. */
  mount(path: string, filesystem: Filesystem): Errno | undefined {
    const missing = path === '/' ? undefined : this.#reach(path);
    if (missing !== undefined) return missing;
    this.#mounts.set(path, filesystem);
    return undefined;
  }

  unmount(path: string): Errno | undefined {
    if (!this.#mounts.has(path)) return E.EINVAL;
    const below = [...this.#mounts.keys()].some((other) => other !== path && other.startsWith(`${path}/`));
    if (path === '/' || below) return E.EBUSY;
    this.#mounts.delete(path);
    return undefined;
  }

  /** Makes sure that `path` is a directory, making those of the root filesystem where there is nothing. */
  #reach(path: string): Errno | undefined {
    let directory: Directory = this.root.root;
    let here = '';
    let inRoot = true;
    for (const name of path.slice(1).split('/')) {
      here = `${here}/${name}`;
      const mounted = this.#mounts.get(here)?.root;
      inRoot &&= mounted === undefined;
      let next = mounted ?? directory.lookup(name, KERNEL_CALLER);
      if (next === E.ENOENT && inRoot) next = this.#make(directory, name);
      if (failed(next)) return next;
      if (next.kind !== 'directory') return E.ENOTDIR;
      directory = next;
    }
    return undefined;
  }

  #make(directory: Directory, name: string): Result<Directory> {
    if (!(directory instanceof SkeletonDirectory)) return directory.mkdir?.(name, 0o755, KERNEL_CALLER) ?? E.ENOENT;
    const made = this.#skeletonDirectory();
    directory.set(name, made);
    return made;
  }

  #skeleton(): Filesystem {
    return { type: 'rootfs', magic: RAMFS_MAGIC, root: this.#skeletonDirectory(), changes: this.#changes };
  }

  #skeletonDirectory(): SkeletonDirectory {
    return new SkeletonDirectory({ ino: this.#numbers.next(), mode: 0o755, changes: this.#changes });
  }
}

class SkeletonDirectory extends StaticDirectory {}
