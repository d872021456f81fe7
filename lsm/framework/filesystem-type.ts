/**
 * struct file_system_type: what a module registers.
 */
import type { Result } from '../../linux/errno.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';

/** A filesystem type that can be mounted, with one instance or several. */
export interface FilesystemType {
  /** What a mount by this caller shows; the same instance is the same object. */
  mount(caller: Caller): Result<Filesystem>;
  /** Administrators of user namespaces may mount it (FS_USERNS_MOUNT). */
  readonly inUserNamespaces?: boolean;
  /** The instance with this number (`Filesystem.instance`), if it exists. Absent = there is only one. */
  instance?(number: number): Filesystem | undefined;
  /** The last mount of this instance has ended. */
  released?(filesystem: Filesystem): void;
}
