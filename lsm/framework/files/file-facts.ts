/**
 * FileFacts: the facts of a file of the host, for supervisor, daemon and modules. Read once for each system call, by the
 * supervisor, and passed on.
 *
 * Model: struct file. `inode` is the argument of the inode_* hooks; the path_* and file_* hooks get `path`, too.
 */
import type { InodeFacts } from './inode.ts';
import type { FileLayer } from './layers.ts';

export interface FileFacts {
  /** Path as of d_path() for the calling thread. */
  readonly path: string;
  /** `major:minor` of its superblock. */
  readonly device: string;
  /** `st_mode` */
  readonly mode: number;
  readonly inode: InodeFacts;
  /** No path from a root directory leads to it: `path` is that within its own filesystem. */
  readonly disconnected?: true;
  /** The daemon serves it: opening and changing it asks `fileOpen` and `pathChange`, too (path-security.ts). */
  readonly served?: true;
  /** Of a file of a filesystem with layers that was mounted in the world. */
  readonly layer?: FileLayer;
  /** Of a file in a layer: the path by which it is shown, which rules about unlabelled files go by. */
  readonly shownAt?: string;
}
