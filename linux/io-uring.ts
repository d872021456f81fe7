/**
 * io_uring(7): include/uapi/linux/io_uring.h.
 */
export const IORING_OP_NOP = 0;
export const IORING_OP_STATX = 21;
/** Of IORING_OP_NOP, since Linux 6.10: the result is the one in `LEN`. */
export const IORING_NOP_INJECT_RESULT = 1 << 0;
export const IORING_OFF_SQES = 0x10000000;
export const IORING_ENTER_GETEVENTS = 1 << 0;
/** The descriptor is a number in a table of its own. */
export const IORING_ENTER_REGISTERED_RING = 1 << 4;
/** Of io_uring_register(2): entries may name the caller's credentials of now. */
export const IORING_REGISTER_PERSONALITY = 9;
/** Of io_uring_setup(2): a thread of the kernel looks for what is submitted. */
export const IORING_SETUP_SQPOLL = 1 << 1;
export const IORING_FEAT_SINGLE_MMAP = 1 << 0;

/** Sizes of struct io_uring_params, io_uring_sqe and io_uring_cqe. */
export const IO_URING_PARAMS_SIZE = 120;
export const IO_URING_SQE_SIZE = 64;
export const IO_URING_CQE_SIZE = 16;
/** Offsets of members of struct io_uring_params, in bytes; `SQ_OFF` and `CQ_OFF` are the two structures that follow here. */
export const IO_URING_PARAMS = {
  SQ_ENTRIES: 0,
  CQ_ENTRIES: 4,
  FLAGS: 8,
  FEATURES: 20,
  SQ_OFF: 40,
  CQ_OFF: 80,
} as const;
/** Of struct io_sqring_offsets. */
export const SQRING_OFFSETS = { TAIL: 4, RING_MASK: 8, ARRAY: 24 } as const;
/** Of struct io_cqring_offsets. */
export const CQRING_OFFSETS = { HEAD: 0, TAIL: 4, RING_MASK: 8, CQES: 20 } as const;
/** Of struct io_uring_sqe, as IORING_OP_STATX has them: `OFF` is the address of the answer. */
export const SQE = { OPCODE: 0, FD: 4, OFF: 8, ADDR: 16, LEN: 24, STATX_FLAGS: 28 } as const;
/** The same of all operations. */
export const SQE_COMMON = { FLAGS: 1, IOPRIO: 2, OP_FLAGS: 28, BUF_INDEX: 40, PERSONALITY: 42 } as const;
/** Flags of an entry that say how others depend on it: IOSQE_IO_DRAIN, _IO_LINK, _IO_HARDLINK, _ASYNC, _CQE_SKIP_SUCCESS. */
export const IOSQE_ORDER = 0x5e;
/** Of struct io_uring_cqe. */
export const CQE = { RES: 8 } as const;
