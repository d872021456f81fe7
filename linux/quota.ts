/**
 * quotactl(2): include/uapi/linux/quota.h and dqblk_xfs.h. A command is in the bits above the lowest eight, which say whose quota it
 * is about.
 */
export const SUBCMDSHIFT = 8;
export const MAXQUOTAS = 3;
export const Q = {
  SYNC: 0x800001,
  QUOTAON: 0x800002,
  QUOTAOFF: 0x800003,
  GETFMT: 0x800004,
  GETINFO: 0x800005,
  SETINFO: 0x800006,
  GETQUOTA: 0x800007,
  SETQUOTA: 0x800008,
  XQUOTAON: 0x5801,
  XQUOTAOFF: 0x5802,
  XGETQUOTA: 0x5803,
  XSETQLIM: 0x5804,
  XGETQSTAT: 0x5805,
  XGETQSTATV: 0x5808,
  XGETNEXTQUOTA: 0x5809,
} as const;
/** Those that everybody may use. */
export const FREE_QUOTA_COMMANDS: ReadonlySet<number> = new Set([
  Q.GETFMT,
  Q.SYNC,
  Q.GETINFO,
  Q.XGETQSTAT,
  Q.XGETQSTATV,
]);
/** Those about the quota of one id, who may always look at it. */
export const OWN_QUOTA_COMMANDS: ReadonlySet<number> = new Set([Q.GETQUOTA, Q.XGETQUOTA]);
