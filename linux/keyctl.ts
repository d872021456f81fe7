/**
 * Key management: include/uapi/linux/keyctl.h, and the permissions of include/linux/key.h.
 */

/** Operations of keyctl(2). */
export const KEYCTL = {
  GET_KEYRING_ID: 0,
  JOIN_SESSION_KEYRING: 1,
  UPDATE: 2,
  REVOKE: 3,
  CHOWN: 4,
  SETPERM: 5,
  DESCRIBE: 6,
  CLEAR: 7,
  LINK: 8,
  UNLINK: 9,
  SEARCH: 10,
  READ: 11,
  SET_TIMEOUT: 15,
  GET_SECURITY: 17,
  SESSION_TO_PARENT: 18,
  INVALIDATE: 21,
  DH_COMPUTE: 23,
  RESTRICT_KEYRING: 29,
  MOVE: 30,
} as const;

/** KEY_SPEC_*: rings of the caller have numbers from -1 (its thread's) to -5 (its user session's). */
export const KEY_SPEC = { THREAD: -1, PROCESS: -2, SESSION: -3, USER: -4, USER_SESSION: -5 } as const;

/** Bits of the possessor. */
export const KEY_POS = {
  VIEW: 0x01000000,
  READ: 0x02000000,
  WRITE: 0x04000000,
  SEARCH: 0x08000000,
  LINK: 0x10000000,
  SETATTR: 0x20000000,
  ALL: 0x3f000000,
} as const;
/** Bits of the owner are so much lower than those of the possessor. */
export const KEY_USR_SHIFT = 8;
export const KEY_USR_VIEW = KEY_POS.VIEW >> KEY_USR_SHIFT;
export const KEY_PERM_MASK = 0x3f3f3f3f;
/** Who possesses it, user, group and others may search for it. */
export const KEY_SEARCH_ALL = 0x08080808;

/** Longest name of a type, with its end. */
export const KEY_TYPE_SIZE = 32;
/** KEY_MAX_DESC_SIZE, with its end. */
export const KEY_DESCRIPTION_SIZE = 4096;
