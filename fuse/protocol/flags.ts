/** Named bits of the FUSE protocol (include/uapi/linux/fuse.h). */

/** INIT flags, low word (`flags`). */
export const INIT = {
  ASYNC_READ: 1 << 0,
  ATOMIC_O_TRUNC: 1 << 3,
  BIG_WRITES: 1 << 5,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  PARALLEL_DIROPS: 1 << 18,
  ABORT_ERROR: 1 << 21,
  MAX_PAGES: 1 << 22,
  HANDLE_KILLPRIV_V2: 1 << 28,
  INIT_EXT: 1 << 30,
} as const;

/**
 * INIT flags that we request. Left out on purpose: AUTO_INVAL_DATA (a GETATTR per cached read, and the `status` page is pushed instead),
 * WRITEBACK_CACHE (writes are commands and must arrive at once), ASYNC_DIO (reorders the parts of one write), DONT_MASK (the kernel
 * applies the umask), POSIX_LOCKS and FLOCK_LOCKS (the kernel keeps file locks itself).
 */
export const WANTED_INIT_FLAGS = Object.values(INIT).reduce((all, bit) => all | bit, 0);

/** Reply flags of OPEN and CREATE. */
export const FOPEN = {
  DIRECT_IO: 1 << 0,
  KEEP_CACHE: 1 << 1,
  NONSEEKABLE: 1 << 2,
} as const;

/** `valid` of SETATTR. */
export const FATTR = {
  MODE: 1 << 0,
  UID: 1 << 1,
  GID: 1 << 2,
  SIZE: 1 << 3,
  ATIME: 1 << 4,
  MTIME: 1 << 5,
  ATIME_NOW: 1 << 7,
  MTIME_NOW: 1 << 8,
} as const;

/** `getattr_flags`: the file handle is valid. */
export const GETATTR_FH = 1 << 0;
/** POLL `flags`: the kernel asks for a NOTIFY_POLL at the next change. */
export const POLL_SCHEDULE_NOTIFY = 1 << 0;
