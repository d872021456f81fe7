/**
 * Mappings: include/uapi/asm-generic/mman-common.h, mman.h, include/uapi/linux/mman.h.
 */
export const PROT_READ = 0x1;
export const PROT_WRITE = 0x2;
export const PROT_EXEC = 0x4;

export const MAP_TYPE = 0x0f;
export const MAP_SHARED = 0x01;
export const MAP_PRIVATE = 0x02;
export const MAP_FIXED = 0x10;
export const MAP_ANONYMOUS = 0x20;
export const MAP_FIXED_NOREPLACE = 0x100000;
/** Addresses below it need a permission (CONFIG_LSM_MMAP_MIN_ADDR, as Debian builds it for x86). */
export const LSM_MMAP_MIN_ADDR = 0x10000;

/** include/uapi/linux/memfd.h, of memfd_create(2). */
export const MFD_CLOEXEC = 1;

/** Of mlock2(2), and MCL_* of mlockall(2). */
export const MLOCK_ONFAULT = 1;
export const MCL = { CURRENT: 1, FUTURE: 2, ONFAULT: 4 } as const;

/** include/uapi/linux/userfaultfd.h: faults of the kernel itself are not handled. */
export const UFFD_USER_MODE_ONLY = 1;

/** include/uapi/linux/personality.h: memory that may be read may be executed. */
export const READ_IMPLIES_EXEC = 0x0400000;
/** Argument of personality(2), which changes nothing then. */
export const PERSONALITY_QUERY = 0xffffffff;
