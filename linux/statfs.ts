/**
 * statfs(2): include/uapi/asm-generic/statfs.h, include/linux/statfs.h. Values of `f_type` are in magic.ts.
 */

/** Size of struct statfs: type, bsize, blocks, bfree, bavail, files, ffree (8 bytes each), fsid, namelen, frsize, flags, spare[4]. */
export const STRUCT_STATFS_SIZE = 120;
/** Offsets of its members, in bytes. */
export const STATFS = {
  TYPE: 0,
  BSIZE: 8,
  BLOCKS: 16,
  BFREE: 24,
  BAVAIL: 32,
  FILES: 40,
  FFREE: 48,
  FSID: 56,
  NAMELEN: 64,
  FRSIZE: 72,
  FLAGS: 80,
} as const;

/** f_flags of statfs(2). */
export const ST_RDONLY = 0x1;
export const ST_NOSUID = 0x2;
export const ST_NODEV = 0x4;
export const ST_NOEXEC = 0x8;
export const ST_VALID = 0x20;
export const ST_NOATIME = 0x400;
export const ST_NODIRATIME = 0x800;
export const ST_RELATIME = 0x1000;
export const ST_NOSYMFOLLOW = 0x2000;
