/** Audit: include/uapi/linux/audit.h. */

/** Types of messages and records. */
export const AUDIT = {
  GET: 1000,
  SET: 1001,
  LIST: 1002,
  ADD: 1003,
  DEL: 1004,
  USER: 1005,
  LOGIN: 1006,
  SIGNAL_INFO: 1010,
  ADD_RULE: 1011,
  DEL_RULE: 1012,
  LIST_RULES: 1013,
  TRIM: 1014,
  MAKE_EQUIV: 1015,
  TTY_GET: 1016,
  TTY_SET: 1017,
  SET_FEATURE: 1018,
  GET_FEATURE: 1019,
  CONTAINER_OP: 1020,
  SET_CAPCONTID: 1022,
  USER_AVC: 1107,
  USER_TTY: 1124,
  SYSCALL: 1300,
  PATH: 1302,
  IPC: 1303,
  CONFIG_CHANGE: 1305,
  SOCKADDR: 1306,
  CWD: 1307,
  EXECVE: 1309,
  IPC_SET_PERM: 1311,
  MQ_OPEN: 1312,
  MQ_SENDRECV: 1313,
  MQ_NOTIFY: 1314,
  MQ_GETSETATTR: 1315,
  FD_PAIR: 1317,
  OBJ_PID: 1318,
  EOE: 1320,
  BPRM_FCAPS: 1321,
  CAPSET: 1322,
  MMAP: 1323,
  PROCTITLE: 1327,
  FEATURE_CHANGE: 1328,
  REPLACE: 1329,
  TIME_INJOFFSET: 1332,
  TIME_ADJNTPVAL: 1333,
  BPF: 1334,
  EVENT_LISTENER: 1335,
  OPENAT2: 1337,
  /** The series has 1336, which is another record's by now; this is the next that no kernel has. */
  CONTAINER_ID: 1340,
  AVC: 1400,
  SELINUX_ERR: 1401,
  MAC_POLICY_LOAD: 1403,
  MAC_STATUS: 1404,
  MAC_CONFIG_CHANGE: 1405,
  MAC_UNLBL_ALLOW: 1406,
  MAC_CIPSOV4_ADD: 1407,
  MAC_MAP_ADD: 1409,
  MAC_MAP_DEL: 1410,
  IPE_ACCESS: 1420,
  MAC_TASK_CONTEXTS: 1425,
  MAC_OBJ_CONTEXTS: 1426,
  ANOM_ABEND: 1701,
  ANOM_LINK: 1702,
  KERNEL: 2000,
} as const;

/** Types that programs may send. */
export function isUserMessage(type: number): boolean {
  return type === AUDIT.USER || (type >= 1100 && type <= 1199) || (type >= 2100 && type <= 2999);
}

export const STATUS = {
  ENABLED: 0x01,
  FAILURE: 0x02,
  PID: 0x04,
  RATE_LIMIT: 0x08,
  BACKLOG_LIMIT: 0x10,
  BACKLOG_WAIT_TIME: 0x20,
  LOST: 0x40,
  BACKLOG_WAIT_TIME_ACTUAL: 0x80,
} as const;

export const OFF = 0;
export const LOCKED = 2;

export const LIST = { USER: 0, TASK: 1, EXIT: 4, EXCLUDE: 5, FS: 6, URING: 7 } as const;
/** A rule is put before the others. */
export const PREPEND = 0x10;
export const NEVER = 0;
export const ALWAYS = 2;

export const FIELD = {
  PID: 0,
  UID: 1,
  EUID: 2,
  SUID: 3,
  FSUID: 4,
  GID: 5,
  EGID: 6,
  SGID: 7,
  FSGID: 8,
  LOGINUID: 9,
  PERS: 10,
  ARCH: 11,
  MSGTYPE: 12,
  SUBJ_USER: 13,
  SUBJ_ROLE: 14,
  SUBJ_TYPE: 15,
  SUBJ_SEN: 16,
  SUBJ_CLR: 17,
  PPID: 18,
  OBJ_USER: 19,
  OBJ_ROLE: 20,
  OBJ_TYPE: 21,
  OBJ_LEV_LOW: 22,
  OBJ_LEV_HIGH: 23,
  LOGINUID_SET: 24,
  SESSIONID: 25,
  FSTYPE: 26,
  CONTID: 27,
  DEVMAJOR: 100,
  DEVMINOR: 101,
  INODE: 102,
  EXIT: 103,
  SUCCESS: 104,
  WATCH: 105,
  PERM: 106,
  DIR: 107,
  FILETYPE: 108,
  OBJ_UID: 109,
  OBJ_GID: 110,
  COMPARE: 111,
  EXE: 112,
  SADDR_FAM: 113,
  ARG0: 200,
  ARG1: 201,
  ARG2: 202,
  ARG3: 203,
  FILTERKEY: 210,
} as const;

/** Comparisons, as they stand in a rule. */
export const OP = {
  EQUAL: 0x40000000,
  NOT_EQUAL: 0x30000000,
  BIT_MASK: 0x08000000,
  BIT_TEST: 0x48000000,
  LESS: 0x10000000,
  GREATER: 0x20000000,
  LESS_OR_EQUAL: 0x50000000,
  GREATER_OR_EQUAL: 0x60000000,
} as const;

export const UNSET = 0xffffffff;

/**
 * Classes of system calls that the mask of a rule can name, by AUDIT_CLASS_*: include/asm-generic/audit_*.h with the numbers of x86-64, as
 * Linux 6.12 has them. Those of 32-bit calls are empty, as in a kernel without them.
 */
export const CALL_CLASSES: Readonly<Record<number, readonly number[]>> = {
  /** AUDIT_CLASS_DIR_WRITE */
  0: [82, 83, 84, 85, 86, 87, 88, 133, 258, 259, 263, 264, 265, 266, 316],
  /** AUDIT_CLASS_CHATTR */
  2: [86, 90, 91, 92, 93, 94, 188, 189, 190, 197, 198, 199, 260, 265, 268, 452],
  /** AUDIT_CLASS_READ */
  4: [89, 179, 191, 192, 193, 194, 195, 196, 267],
  /** AUDIT_CLASS_WRITE */
  6: [49, 76, 77, 82, 83, 84, 85, 86, 87, 88, 133, 163, 167, 179, 258, 259, 263, 264, 265, 266, 285, 316],
  /** AUDIT_CLASS_SIGNAL */
  8: [62, 200, 234],
};
