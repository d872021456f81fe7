/**
 * Mounting: include/uapi/linux/mount.h; for umount2(2) include/linux/fs.h.
 */

/** Flags of mount(2). */
export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_SYNCHRONOUS = 16;
export const MS_REMOUNT = 32;
export const MS_MANDLOCK = 64;
export const MS_DIRSYNC = 128;
export const MS_NOSYMFOLLOW = 256;
export const MS_NOATIME = 1024;
export const MS_NODIRATIME = 2048;
export const MS_BIND = 4096;
export const MS_MOVE = 8192;
export const MS_REC = 16384;
export const MS_SILENT = 32768;
export const MS_POSIXACL = 1 << 16;
export const MS_UNBINDABLE = 1 << 17;
export const MS_PRIVATE = 1 << 18;
export const MS_SLAVE = 1 << 19;
export const MS_SHARED = 1 << 20;
export const MS_RELATIME = 1 << 21;
export const MS_KERNMOUNT = 1 << 22;
export const MS_I_VERSION = 1 << 23;
export const MS_STRICTATIME = 1 << 24;
export const MS_LAZYTIME = 1 << 25;
export const MS_NOSEC = 1 << 28;
export const MS_BORN = 1 << 29;
export const MS_ACTIVE = 1 << 30;
export const MS_NOUSER = 1 << 31;
/** Programs from before Linux 2.4 have it in the upper half. */
export const MS_MGC_VAL = 0xc0ed0000;
export const MS_MGC_MSK = 0xffff0000;

/** Flags of umount2(2). */
export const MNT_FORCE = 0x1;
export const MNT_DETACH = 0x2;
export const MNT_EXPIRE = 0x4;
export const UMOUNT_NOFOLLOW = 0x8;

/** Attributes of a mount. */
export const MOUNT_ATTR_RDONLY = 0x1;
export const MOUNT_ATTR_NOSUID = 0x2;
export const MOUNT_ATTR_NODEV = 0x4;
export const MOUNT_ATTR_NOEXEC = 0x8;
/** The bits of the access time mode; the three values follow. */
export const MOUNT_ATTR__ATIME = 0x70;
export const MOUNT_ATTR_RELATIME = 0x0;
export const MOUNT_ATTR_NOATIME = 0x10;
export const MOUNT_ATTR_STRICTATIME = 0x20;
export const MOUNT_ATTR_NODIRATIME = 0x80;
export const MOUNT_ATTR_NOSYMFOLLOW = 0x200000;
/** What fsmount(2) takes, and mount_setattr(2) beside MOUNT_ATTR_IDMAP. */
export const FSMOUNT_VALID_FLAGS =
  MOUNT_ATTR_RDONLY |
  MOUNT_ATTR_NOSUID |
  MOUNT_ATTR_NODEV |
  MOUNT_ATTR_NOEXEC |
  MOUNT_ATTR__ATIME |
  MOUNT_ATTR_NODIRATIME |
  MOUNT_ATTR_NOSYMFOLLOW;
/** Size of struct mount_attr: attr_set, attr_clr, propagation, userns_fd, each a u64. */
export const MOUNT_ATTR_SIZE_VER0 = 32;

export const OPEN_TREE_CLONE = 1;
/** O_CLOEXEC by its value. */
export const OPEN_TREE_CLOEXEC = 0o2000000;

export const MOVE_MOUNT_F_SYMLINKS = 0x1;
export const MOVE_MOUNT_F_EMPTY_PATH = 0x4;
export const MOVE_MOUNT_T_SYMLINKS = 0x10;
export const MOVE_MOUNT_T_AUTOMOUNTS = 0x20;
export const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
/** All flags of Linux 6.12, with MOVE_MOUNT_F_AUTOMOUNTS, MOVE_MOUNT_SET_GROUP and MOVE_MOUNT_BENEATH. */
export const MOVE_MOUNT__MASK = 0x377;

export const FSOPEN_CLOEXEC = 0x1;
export const FSMOUNT_CLOEXEC = 0x1;
export const FSPICK_SYMLINK_NOFOLLOW = 0x2;
export const FSPICK_EMPTY_PATH = 0x8;

/** Commands of fsconfig(2). */
export const FSCONFIG_SET_FLAG = 0;
export const FSCONFIG_SET_STRING = 1;
export const FSCONFIG_SET_BINARY = 2;
export const FSCONFIG_SET_PATH = 3;
export const FSCONFIG_SET_PATH_EMPTY = 4;
export const FSCONFIG_SET_FD = 5;
export const FSCONFIG_CMD_CREATE = 6;
export const FSCONFIG_CMD_RECONFIGURE = 7;
export const FSCONFIG_CMD_CREATE_EXCL = 8;

/** Masks of statmount(2), and the mount id of a namespace's root for listmount(2). */
export const STATMOUNT_SB_BASIC = 0x1;
export const STATMOUNT_MNT_BASIC = 0x2;
export const LSMT_ROOT = 0xffffffffffffffffn;

/** Offsets of members of struct statmount, in bytes. */
export const STATMOUNT = { MASK: 8, SB_MAGIC: 24, SB_FLAGS: 32, MNT_ATTR: 64 } as const;
/** struct mnt_id_req { u32 size, spare; u64 mnt_id, param, mnt_ns_id; } */
export const MNT_ID_REQ_SIZE_VER1 = 32;
