/**
 * Capabilities by bit number: include/uapi/linux/capability.h.
 */
export const CAP = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  DAC_READ_SEARCH: 2,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  LINUX_IMMUTABLE: 9,
  NET_BIND_SERVICE: 10,
  NET_BROADCAST: 11,
  NET_ADMIN: 12,
  NET_RAW: 13,
  IPC_LOCK: 14,
  IPC_OWNER: 15,
  SYS_MODULE: 16,
  SYS_RAWIO: 17,
  SYS_CHROOT: 18,
  SYS_PTRACE: 19,
  SYS_PACCT: 20,
  SYS_ADMIN: 21,
  SYS_BOOT: 22,
  SYS_NICE: 23,
  SYS_RESOURCE: 24,
  SYS_TIME: 25,
  SYS_TTY_CONFIG: 26,
  MKNOD: 27,
  LEASE: 28,
  AUDIT_WRITE: 29,
  AUDIT_CONTROL: 30,
  SETFCAP: 31,
  MAC_OVERRIDE: 32,
  MAC_ADMIN: 33,
  SYSLOG: 34,
  WAKE_ALARM: 35,
  BLOCK_SUSPEND: 36,
  AUDIT_READ: 37,
  PERFMON: 38,
  BPF: 39,
  CHECKPOINT_RESTORE: 40,
} as const;

/**
 * All capabilities up to CAP_CHECKPOINT_RESTORE (40), as a mask.
 * @public
 */
export const ALL_CAPABILITIES = (1n << 41n) - 1n;

/** `_LINUX_CAPABILITY_VERSION_*` of capget(2) and capset(2). */
const LINUX_CAPABILITY_VERSION_1 = 0x19980330;
const LINUX_CAPABILITY_VERSION_2 = 0x20071026;
export const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

/**
 * cap_validate_magic(): how many structs { u32 effective, permitted, inheritable; } there are, the lower halves first. `undefined` = the
 * kernel knows no such version.
 */
export function capabilityStructs(version: number): 1 | 2 | undefined {
  if (version === LINUX_CAPABILITY_VERSION_1) return 1;
  return version === LINUX_CAPABILITY_VERSION_2 || version === LINUX_CAPABILITY_VERSION_3 ? 2 : undefined;
}

/** Is the capability in the set? `capabilities`: a mask, as `CapEff` of /proc/PID/status. */
export function hasCapability(capabilities: bigint, capability: number): boolean {
  return ((capabilities >> BigInt(capability)) & 1n) === 1n;
}

/** Values of security.capability: struct vfs_cap_data and vfs_ns_cap_data. */
export const XATTR_NAME_CAPS = 'security.capability';
export const VFS_CAP = {
  REVISION_2: 0x02000000,
  REVISION_3: 0x03000000,
  EFFECTIVE: 1,
  SIZE_2: 20,
  SIZE_3: 24,
  ROOTID: 20,
} as const;
