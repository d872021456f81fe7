/**
 * io_uring(7): include/uapi/linux/io_uring.h.
 */
export const IORING_OP_STATX = 21;
export const IORING_OFF_SQES = 0x10000000;
export const IORING_ENTER_GETEVENTS = 1 << 0;
export const IORING_FEAT_SINGLE_MMAP = 1 << 0;
