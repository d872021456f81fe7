/**
 * lsm_get_self_attr(2) and its like: include/uapi/linux/lsm.h.
 */
/** As an argument: the first module that has the hook. */
export const LSM_ID_UNDEF = 0;

export const LSM_ATTR_CURRENT = 100;
export const LSM_ATTR_EXEC = 101;
export const LSM_ATTR_FSCREATE = 102;
export const LSM_ATTR_KEYCREATE = 103;
export const LSM_ATTR_PREV = 104;
export const LSM_ATTR_SOCKCREATE = 105;
/** Of the series of October 2025; no kernel has it. */
export const LSM_ATTR_UNSHARE = 106;

/** Ask for one module only; its id is in the header that the caller put into the buffer. */
export const LSM_FLAG_SINGLE = 0x0001;
/** Size of struct lsm_ctx without its text: id, flags, len, ctx_len, each a u64. */
export const LSM_CTX_HEADER = 32;
