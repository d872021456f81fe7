/**
 * Mediation: the hooks of system calls on files, sockets, tasks and IPC objects.
 *
 * Model: during a system call the kernel calls a sequence of hooks; the first refusal is the call's errno. The
 * supervisor (world/supervisor) sees the call before the kernel executes it, looks up its objects, and calls all these
 * hooks at once, in the kernel's order. Objects that could not be looked at are not decided about. The hooks change no
 * state except counters, caches of decisions and the log, so these calls are no events.
 */

import type { GuardedFile } from '../../../vfs/tree/guarded.ts';
import type { FileFacts } from '../files/file-facts.ts';
import type { NewInode } from '../files/inode.ts';
import type { IpcAccess } from './ipc-access.ts';
import type { SocketAccess } from './socket-access.ts';
import type { TaskAccess } from './task-access.ts';

/** A new name. */
export interface NewName<File = FileFacts> {
  readonly directory: File;
  readonly made: NewInode;
}

/** ATTR_* of include/linux/fs.h. */
export const ATTR = {
  MODE: 1,
  UID: 2,
  GID: 4,
  SIZE: 8,
  ATIME: 0x10,
  MTIME: 0x20,
  ATIME_SET: 0x80,
  MTIME_SET: 0x100,
  TIMES_SET: 0x10000,
  /** By a descriptor. */
  FILE: 0x2000,
} as const;

/** A mapping (struct vm_area_struct). `copied`: private pages of a file were written to. */
export interface MappedArea {
  readonly executable: boolean;
  readonly shared: boolean;
  readonly copied: boolean;
  readonly use?: 'heap' | 'stack';
}

/** Hooks and their arguments, by the names of include/linux/lsm_hook_defs.h. `File`: the type that stands for a file. */
export interface AccessArguments<File = FileFacts> extends TaskAccess, SocketAccess, IpcAccess {
  /** `mask`: MAY_*. Of a directory, MAY_EXEC is a step of a path through it. */
  inodePermission: { readonly file: File; readonly mask: number };
  /** A symbolic link on the way. */
  inodeFollowLink: { readonly file: File };
  inodeReadlink: { readonly file: File };
  inodeGetattr: { readonly file: File };
  /** `attributes`: {@link ATTR} */
  inodeSetattr: { readonly file: File; readonly attributes: number };
  inodeCreate: NewName<File>;
  inodeMkdir: NewName<File>;
  inodeMknod: NewName<File>;
  inodeSymlink: NewName<File>;
  /** `file` gets a further name in the directory. */
  inodeLink: { readonly directory: File; readonly file: File };
  inodeUnlink: { readonly directory: File; readonly file: File };
  inodeRmdir: { readonly directory: File; readonly file: File };
  inodeRename: {
    readonly directory: File;
    readonly file: File;
    readonly newDirectory: File;
    readonly newName: string;
    /** What has the new name. */
    readonly target?: File;
  };
  /** The path_ hooks are called before the kernel checks whether the directory may be changed. */
  pathMknod: NewName<File>;
  pathMkdir: NewName<File>;
  pathSymlink: NewName<File>;
  pathUnlink: { readonly file: File };
  pathRmdir: { readonly file: File };
  pathLink: { readonly file: File; readonly directory: File; readonly name: string };
  pathRename: {
    readonly file: File;
    readonly newDirectory: File;
    readonly newName: string;
    /** RENAME_EXCHANGE: with this one. */
    readonly exchanged?: File;
  };
  pathTruncate: { readonly file: File };
  pathChmod: { readonly file: File };
  pathChown: { readonly file: File };
  inodeGetxattr: { readonly file: File };
  inodeListxattr: { readonly file: File };
  /** inode_setxattr and inode_removexattr of names that no module decides about. */
  xattrChange: { readonly file: File; readonly removes?: boolean };
  /** capable: called when the task has the capability (CAP_*) in its effective set. */
  capable: {
    readonly capability: number;
    /** Nothing is recorded (ns_capable_noaudit()). */
    readonly silent?: boolean;
  };
  /** flock(2), locks of fcntl(2) and leases, also to unlock. `exclusive`: of writers (F_WRLCK). */
  fileLock: { readonly file: File; readonly exclusive: boolean };
  /** The content is about to be read (MAY_READ) or written (MAY_WRITE): `flags` of the open file. */
  filePermission: { readonly file: File; readonly mask: number; readonly flags: number };
  /** The task gets a descriptor of another: `flags` of the open file. */
  fileReceive: { readonly file: File; readonly flags: number };
  /** fcntl(2): `flags` of the open file. */
  fileFcntl: { readonly file: File; readonly command: number; readonly argument: number; readonly flags: number };
  fileIoctl: { readonly file: File; readonly command: number };
  /** mmap(2): `protection` of PROT_*, `flags` of MAP_*. `file`: absent for anonymous memory. */
  mmapFile: { readonly file?: File; readonly protection: number; readonly flags: number };
  /** mprotect(2) of one mapping. */
  fileMprotect: { readonly file?: File; readonly protection: number; readonly mapping: MappedArea };
  /** inotify_add_watch(2), fanotify_mark(2): `mask` of IN_* and FAN_*. `of`: what is watched, if not the file alone. */
  pathNotify: { readonly file: File; readonly mask: number; readonly of?: 'mount' | 'superblock' };
  /**
   * open(2): `flags` as there, as far as a transport passes them on. `made`: by this open, in that directory; then
   * there is no inode. Nor is there of an emulated file, which answers for its label itself.
   */
  fileOpen: { readonly file: File | GuardedFile; readonly flags: number } & Partial<NewName<File>>;
}

export type AccessHook = keyof AccessArguments;

/** A hook with its arguments. `refusal`: the call's result after a refusal, where that is not the hook's errno. */
export type AccessCheck<File = FileFacts> = {
  [Name in AccessHook]: {
    readonly hook: Name;
    readonly about: AccessArguments<File>[Name];
    readonly refusal?: 'ignored' | 'EPERM' | 'EACCES' | 'ENODATA' | 'ENOMSG';
  };
}[AccessHook];
