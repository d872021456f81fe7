/**
 * A mountable filesystem instance: a root directory and what `statfs` and caches need to know of it.
 */

import type { watch } from 'node:fs';
import type { Changes } from './changes.ts';
import type { Directory } from './node.ts';

export interface Filesystem {
  /** Type name as in /proc/filesystems: `selinuxfs`, `securityfs`, `proc`, ... */
  readonly type: string;
  /** `f_type` that statfs(2) gives on a real kernel, e.g. 0xf97cff8c for selinuxfs. */
  readonly magic: number;
  /** Which of several instances of its type; absent = the first. Never used for another one. */
  readonly instance?: number;
  readonly root: Directory;
  readonly changes: Changes;
  /** inotify(7) of what the files are stored in, by paths from the root; absent = there is none. */
  readonly watch?: typeof watch;
}

/**
 * Does fsync(2) succeed there? Nothing has to be written, but the kernel asks for a function: kernfs has one for all, libfs for its
 * directories only, procfs and devices have none and give EINVAL.
 */
export function hasFsync({ type }: Filesystem, of: 'file' | 'directory'): boolean {
  if (type === 'sysfs') return true;
  return of === 'directory' && type !== 'proc';
}
