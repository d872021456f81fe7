/**
 * FileFacts: a file of the host as the supervisor, the daemon and the modules know it. Read once, by whoever sees the
 * system call, and passed on.
 *
 * Model: struct file. `inode` is what the inode_* hooks are asked about, `path` what the path_* and file_* hooks add to it.
 */
import type { InodeFacts } from './inode.ts';

export interface FileFacts {
  /** By which the calling thread reaches it (d_path). */
  readonly path: string;
  /** `major:minor` of its superblock. */
  readonly device: string;
  /** `st_mode` */
  readonly mode: number;
  readonly inode: InodeFacts;
}
