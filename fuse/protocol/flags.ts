/** Named bits of the FUSE protocol (include/uapi/linux/fuse.h). */

/** INIT flags, low word (`flags`). */
export const INIT = {
  ASYNC_READ: 1 << 0,
  ATOMIC_O_TRUNC: 1 << 3,
  BIG_WRITES: 1 << 5,
  AUTO_INVAL_DATA: 1 << 12,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  PARALLEL_DIROPS: 1 << 18,
  HANDLE_KILLPRIV: 1 << 19,
  ABORT_ERROR: 1 << 21,
  MAX_PAGES: 1 << 22,
  HANDLE_KILLPRIV_V2: 1 << 28,
  INIT_EXT: 1 << 30,
} as const;

/** INIT flags, high word (`flags2`, with INIT_EXT). */
export const INIT2 = {
  /** Linux 6.9 */
  PASSTHROUGH: 1 << 5,
} as const;

/**
 * INIT flags that we request. Left out on purpose: AUTO_INVAL_DATA (a GETATTR per cached read, and the `status` page is pushed instead),
 * WRITEBACK_CACHE (writes are commands and must arrive at once), ASYNC_DIO (reorders the parts of one write), DONT_MASK (the kernel
 * applies the umask), POSIX_LOCKS and FLOCK_LOCKS (the kernel keeps file locks itself).
 */
export const WANTED_INIT_FLAGS =
  Object.values(INIT).reduce((all, bit) => all | bit, 0) & ~(INIT.AUTO_INVAL_DATA | INIT.HANDLE_KILLPRIV);

/**
 * The same for a directory of the host, which others may change too and which drops set-id bits itself: cached content is given up
 * when the file has another time, and each change comes as the caller made it. Without HANDLE_KILLPRIV_V2 the kernel would ask for
 * security.capability before each write that it passes through.
 */
export const BACKED_INIT_FLAGS =
  INIT.ASYNC_READ |
  INIT.BIG_WRITES |
  INIT.AUTO_INVAL_DATA |
  INIT.PARALLEL_DIROPS |
  INIT.HANDLE_KILLPRIV |
  INIT.HANDLE_KILLPRIV_V2 |
  INIT.ABORT_ERROR |
  INIT.MAX_PAGES |
  INIT.INIT_EXT;

/** Reply flags of OPEN and CREATE. */
export const FOPEN = {
  DIRECT_IO: 1 << 0,
  KEEP_CACHE: 1 << 1,
  NONSEEKABLE: 1 << 2,
  /** `backingId` is set. With DIRECT_IO reads and writes are requests all the same, and only mappings are those of the backing file. */
  PASSTHROUGH: 1 << 7,
} as const;

/** `valid` of SETATTR. */
export const FATTR = {
  MODE: 1 << 0,
  UID: 1 << 1,
  GID: 1 << 2,
  SIZE: 1 << 3,
  ATIME: 1 << 4,
  MTIME: 1 << 5,
  /** The change came by an open file. */
  FH: 1 << 6,
  ATIME_NOW: 1 << 7,
  MTIME_NOW: 1 << 8,
} as const;

/** `getattr_flags`: the file handle is valid. */
export const GETATTR_FH = 1 << 0;
/** POLL `flags`: the kernel asks for a NOTIFY_POLL at the next change. */
export const POLL_SCHEDULE_NOTIFY = 1 << 0;
