/**
 * struct file_system_type: what a module registers.
 */
import type { Result } from '../../linux/errno.ts';
import type { InodeInit } from '../../vfs/pseudo/index.ts';
import type { Caller, UserNamespace } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { DirectoryEntry } from '../../vfs/tree/node.ts';

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

/** What a module has in the securityfs of a user namespace, which another one makes. */
export interface OwnEntries {
  readonly root: readonly DirectoryEntry[];
  /** In its directory `integrity`. */
  readonly integrity: readonly DirectoryEntry[];
}

/** @param init for each node, in order. */
export type MakeOwnEntries = (userNamespace: UserNamespace, init: (mode: number) => InodeInit) => OwnEntries;
