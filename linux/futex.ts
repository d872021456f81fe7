/**
 * futex(2): include/uapi/linux/futex.h. The private operations are for one memory, whichever processes share it.
 */
export const FUTEX_WAIT_PRIVATE = 128;
export const FUTEX_WAKE_PRIVATE = 129;
