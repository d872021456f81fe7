/**
 * seccomp(2): include/uapi/linux/seccomp.h.
 */
export const SECCOMP_SET_MODE_FILTER = 1;
/** Argument of prctl(PR_SET_SECCOMP). */
export const SECCOMP_MODE_FILTER = 2;
/** Most instructions of a filter. */
export const BPF_MAXINSNS = 4096;
export const SECCOMP_GET_ACTION_AVAIL = 2;

export const SECCOMP_FILTER_FLAG_NEW_LISTENER = 1 << 3;
export const SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV = 1 << 5;

export const SECCOMP_RET_ERRNO = 0x00050000;
export const SECCOMP_RET_USER_NOTIF = 0x7fc00000;
export const SECCOMP_RET_ALLOW = 0x7fff0000;

/** Flags of what is written and read with the listener's ioctl commands (ioctl.ts). */
export const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1 << 0;
export const SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP = 1 << 0;
export const SECCOMP_ADDFD_FLAG_SETFD = 1 << 0;
export const SECCOMP_ADDFD_FLAG_SEND = 1 << 1;
