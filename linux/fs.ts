/**
 * Files in general: include/uapi/linux/fs.h, limits.h, xattr.h, inotify.h, and of include/linux/fs.h the masks of inode_permission().
 */
import { O_TRUNC, opensForReading, opensForWriting } from './fcntl.ts';

/** Access masks of permission(). */
export const MAY_EXEC = 0x1;
export const MAY_WRITE = 0x2;
export const MAY_READ = 0x4;
export const MAY_APPEND = 0x8;
/** access(2) asks, nothing is opened. */
export const MAY_ACCESS = 0x10;

/** In the flags of an open by execve(2). */
export const FMODE_EXEC = 0x20;

/** The access mask an open needs: O_TRUNC needs write permission whatever the access mode. */
export function openMask(flags: number): number {
  const read = opensForReading(flags) ? MAY_READ : 0;
  const write = opensForWriting(flags) || (flags & O_TRUNC) !== 0 ? MAY_WRITE : 0;
  return read | write;
}

/** Inode numbers of the roots of new filesystems, by type, where the kernel or the format fixes them. */
export const ROOT_INODES: Readonly<Record<string, number>> = {
  ...{ proc: 1, sysfs: 1, tmpfs: 1, devpts: 1 },
  ...{ ext2: 2, ext3: 2, ext4: 2, btrfs: 256 },
};

/** Flags of renameat2(2). */
export const RENAME_NOREPLACE = 1 << 0;
export const RENAME_EXCHANGE = 1 << 1;
export const RENAME_WHITEOUT = 1 << 2;

export const SEEK_CUR = 1;
export const SEEK_END = 2;
export const SEEK_DATA = 3;

/** Flags of setxattr(2). */
export const XATTR_CREATE = 0x1;
export const XATTR_REPLACE = 0x2;
export const XATTR_NAME_MAX = 255;
export const XATTR_SIZE_MAX = 65536;

/** Page size of the emulated kernel: the limit of most pseudo-file writes. */
export const PAGE_SIZE = 4096;
/** Longest name of a directory entry. */
export const NAME_MAX = 255;
/** Longest path that a system call takes, with its NUL. */
export const PATH_MAX = 4096;
/** Symbolic links that the kernel follows on one path. */
export const MAXSYMLINKS = 40;

/** Flags of inotify_add_watch(2). */
export const IN_ONLYDIR = 0x01000000;
export const IN_ACCESS = 0x00000001;
export const IN_DONT_FOLLOW = 0x02000000;

/** Values of tv_nsec that utimensat(2) takes for "now" and "leave it". */
export const UTIME_NOW = (1 << 30) - 1;
export const UTIME_OMIT = (1 << 30) - 2;

/**
 * fanotify_init(2), include/uapi/linux/fanotify.h: flags that report files by handles, FAN_REPORT_FID to
 * FAN_REPORT_TARGET_FID (FANOTIFY_FID_BITS), and those that need CAP_SYS_ADMIN, FANOTIFY_ADMIN_INIT_FLAGS.
 */
export const FAN_REPORT_FILES = 0x1e00;
export const FAN_ADMIN_INIT = 0x1fc;
/** FAN_CLASS_CONTENT, FAN_CLASS_PRE_CONTENT: who does something to a file waits for an answer. */
export const FAN_CLASSES = 0xc;
/** fanotify_mark(2) */
export const FAN_MARK_DONT_FOLLOW = 0x4;
export const FAN_MARK_ONLYDIR = 0x8;
export const FAN_MARK_MOUNT = 0x10;
export const FAN_MARK_FLUSH = 0x80;
export const FAN_MARK_FILESYSTEM = 0x100;
