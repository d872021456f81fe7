/**
 * Flag bits that cross the vfs as plain numbers.
 *
 * Values: include/uapi/asm-generic/fcntl.h, include/uapi/linux/xattr.h, fs.h. Of the open flags only those that have the same value on
 * x86-64 and arm64 are here; O_DIRECTORY and O_NOFOLLOW differ between them and are settled by whoever owns the path (the kernel, walk.ts).
 */
export const O_ACCMODE = 3;
export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_RDWR = 2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_DIRECT = 0o40000;

/** Access masks of permission(). */
export const MAY_EXEC = 1;
export const MAY_WRITE = 2;
export const MAY_READ = 4;

export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;
export const XATTR_NAME_MAX = 255;
export const XATTR_SIZE_MAX = 65536;

export const RENAME_NOREPLACE = 1;
export const RENAME_EXCHANGE = 2;

export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;
export const S_IXGRP = 0o010;
/** Permission bits including set-id and sticky. */
export const S_IALLUGO = 0o7777;

/** Page size of the emulated kernel: the limit of most pseudo-file writes. */
export const PAGE_SIZE = 4096;
/** Longest name of a directory entry. */
export const NAME_MAX = 255;

/** May this open read? */
export function opensForReading(flags: number): boolean {
  return (flags & O_ACCMODE) !== O_WRONLY;
}

/** May this open write? Access mode 3 counts as both, as in the kernel's ACC_MODE(). */
export function opensForWriting(flags: number): boolean {
  return (flags & O_ACCMODE) !== O_RDONLY;
}

/** The access mask an open needs: O_TRUNC needs write permission whatever the access mode. */
export function openMask(flags: number): number {
  const read = opensForReading(flags) ? MAY_READ : 0;
  const write = opensForWriting(flags) || (flags & O_TRUNC) !== 0 ? MAY_WRITE : 0;
  return read | write;
}
