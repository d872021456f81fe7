/**
 * Modes of files and statx(2): include/uapi/linux/stat.h, include/linux/stat.h.
 */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;
export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;
export const S_IWUSR = 0o200;
export const S_IXGRP = 0o010;
export const S_IRUGO = 0o444;
export const S_IWUGO = 0o222;
export const S_IXUGO = 0o111;
/** Permission bits including set-id and sticky. */
export const S_IALLUGO = 0o7777;

/** What statx(2) is asked for. */
export const STATX_TYPE = 0x1;
export const STATX_MODE = 0x2;
export const STATX_NLINK = 0x4;
export const STATX_UID = 0x8;
export const STATX_GID = 0x10;
export const STATX_MTIME = 0x40;
export const STATX_CTIME = 0x80;
export const STATX_INO = 0x100;
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_MNT_ID = 0x1000;
/** Since Linux 6.8: a mount id that is never used again. */
export const STATX_MNT_ID_UNIQUE = 0x4000;

/** Bits of stx_attributes: the file cannot be changed, or only grows; FS_IMMUTABLE_FL and FS_APPEND_FL are the same. */
export const STATX_ATTR_IMMUTABLE = 0x10;
export const STATX_ATTR_APPEND = 0x20;
/** The file is the root of a mount. */
export const STATX_ATTR_MOUNT_ROOT = 0x2000;

/** The content cannot change and has a digest. */
export const STATX_ATTR_VERITY = 0x00100000;
/** Size of struct statx. */
export const STRUCT_STATX_SIZE = 256;
/** Offsets of its members, in bytes. */
export const STX = {
  MASK: 0,
  BLKSIZE: 4,
  ATTRIBUTES: 8,
  NLINK: 16,
  UID: 20,
  GID: 24,
  MODE: 28,
  INO: 32,
  SIZE: 40,
  BLOCKS: 48,
  ATTRIBUTES_MASK: 56,
  ATIME: 64,
  BTIME: 80,
  CTIME: 96,
  MTIME: 112,
  RDEV_MAJOR: 128,
  RDEV_MINOR: 132,
  DEV_MAJOR: 136,
  DEV_MINOR: 140,
  MNT_ID: 144,
} as const;
