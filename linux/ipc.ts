/**
 * System V IPC: include/uapi/linux/ipc.h, shm.h, msg.h, sem.h.
 */
export const IPC_PRIVATE = 0;
export const IPC_CREAT = 0o1000;
export const IPC_EXCL = 0o2000;

export const IPC_RMID = 0;
export const IPC_SET = 1;
export const IPC_STAT = 2;
export const IPC_INFO = 3;

export const SHM_RDONLY = 0o10000;
export const SHM_RND = 0o20000;
export const SHM_REMAP = 0o40000;
export const SHM_EXEC = 0o100000;
export const SHM_LOCK = 11;
export const SHM_UNLOCK = 12;
export const SHM_STAT = 13;
export const SHM_INFO = 14;
/** Number of objects: struct shm_info, used_ids. */
export const SHM_INFO_USED = 0;
export const SHM_STAT_ANY = 15;

export const MSG_STAT = 11;
export const MSG_INFO = 12;
/** Number of objects: struct msginfo, msgpool. */
export const MSG_INFO_USED = 0;
export const MSG_STAT_ANY = 13;

export const GETPID = 11;
export const GETVAL = 12;
export const GETALL = 13;
export const GETNCNT = 14;
export const GETZCNT = 15;
export const SETVAL = 16;
export const SETALL = 17;
export const SEM_STAT = 18;
export const SEM_INFO = 19;
/** Number of objects: struct seminfo, semusz. */
export const SEM_INFO_USED = 28;
export const SEM_STAT_ANY = 20;
/** Highest value of a semaphore. */
export const SEMVMX = 32767;

/**
 * struct ipc64_perm, 64-bit: key, uid, gid, cuid, cgid (4 bytes each), mode. Offsets in bytes, as in include/uapi/asm-generic/ipcbuf.h.
 */
export const IPC_PERM = { KEY: 0, UID: 4, GID: 8, CREATOR_UID: 12, CREATOR_GID: 16, MODE: 20 } as const;
/** Offsets in bytes of u64 members behind it: include/uapi/asm-generic/{shmbuf,msgbuf,sembuf}.h, 64-bit. */
export const SHM_SEGSZ = 48;
/** 32 bits: the process that made the segment. */
export const SHM_CPID = 80;
export const MSG_QNUM = 80;
export const MSG_QBYTES = 88;
/** arch/x86/include/uapi/asm/sembuf.h pads the times, the generic header does not. */
export const SEM_NSEMS = process.arch === 'x64' ? 80 : 64;
