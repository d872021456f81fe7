/**
 * Commands of ioctl(2), with the macro each comes from.
 */

/** include/uapi/asm-generic/ioctl.h: the highest two bits say in which direction the argument goes, seen from user space. */
export const IOC_DIRECTION = 30;
export const IOC_WRITE = 1;
export const IOC_READ = 2;

/** include/uapi/linux/nsfs.h. _IO(0xb7, 0x1): the user namespace that owns this one. */
export const NS_GET_USERNS = 0xb701;
/** _IO(0xb7, 0x2) */
export const NS_GET_PARENT = 0xb702;
/** Of a user namespace: who has made it, as a uid_t. */
export const NS_GET_OWNER_UID = 0xb704;
/** _IOR(0xb7, 0x5, __u64), since Linux 6.11 */
export const NS_GET_MNTNS_ID = 0x8008b705;
/** _IOR(0xb7, 0x6, int): our number of the thread that has this number there. Since Linux 6.11. */
export const NS_GET_PID_FROM_PIDNS = 0x8004b706;
/** _IOR(0xb7, 0x9, int): the number there of the process that has this number of ours. Since Linux 6.11. */
export const NS_GET_TGID_IN_PIDNS = 0x8004b709;

/** include/uapi/linux/pidfd.h. _IOWR(0xff, 11, struct pidfd_info), of which these are the first 64 bytes. */
export const PIDFD_GET_INFO = 0xc040ff0b;

/** _IO(0xff, 3), since Linux 6.11 */
export const PIDFD_GET_MNT_NAMESPACE = 0xff03;

/** include/uapi/linux/fs.h. _IOWR('f', 17, struct procmap_query), since Linux 6.11 */
export const PROCMAP_QUERY = 0xc0686611;
export const PROCMAP_QUERY_VMA_READABLE = 0x01;
export const PROCMAP_QUERY_VMA_WRITABLE = 0x02;
export const PROCMAP_QUERY_VMA_SHARED = 0x08;
/** _IOR('v', 1, long): a u32, the generation of an inode. */
export const FS_IOC_GETVERSION = 0x80087601;
/** _IOR(0x15, 0, struct fsuuid2): u8 length, u8 uuid[16] */
export const FS_IOC_GETFSUUID = 0x80111500;
/** struct fsverity_digest { u16 algorithm; u16 size; u8 digest[]; }: include/uapi/linux/fsverity.h */
export const FS_IOC_MEASURE_VERITY = 0xc0046686;

/** include/uapi/asm-generic/ioctls.h: the descriptor is to be closed at exec, or not. */
export const FIONCLEX = 0x5450;
export const FIOCLEX = 0x5451;
/** include/uapi/linux/fs.h */
export const FIBMAP = 1;
/** _IOWR('X', 119, int) and _IOWR('X', 120, int): a filesystem takes no changes for a while. */
export const FIFREEZE = 0xc0045877;
export const FITHAW = 0xc0045878;
/** _IOW('f', 2, long), with an int: FS_IMMUTABLE_FL, FS_APPEND_FL, ... */
export const FS_IOC_SETFLAGS = 0x40086602;
/** _IOW('X', 32, struct fsxattr), which begins with a u32: FS_XFLAG_IMMUTABLE, FS_XFLAG_APPEND, ... */
export const FS_IOC_FSSETXATTR = 0x401c5820;
export const FSXATTR_SIZE = 28;
/** BLKROSET, BLKRRPART, BLKFLSBUF, BLKRASET, BLKFRASET, BLKPG, BLKBSZSET: of block devices, for who runs the machine. */
export const BLOCK_DEVICE_CHANGES: ReadonlySet<number> = new Set([
  ...[0x125d, 0x125f, 0x1261, 0x1262, 0x1264, 0x1269, 0x40081271],
]);

/** include/uapi/linux/random.h: RNDADDTOENTCNT, RNDADDENTROPY, RNDZAPENTCNT, RNDCLEARPOOL, RNDRESEEDCRNG. */
export const RANDOM_CHANGES: ReadonlySet<number> = new Set([0x40045201, 0x40085203, 0x5204, 0x5206, 0x5207]);
/** include/uapi/asm-generic/ioctls.h: TIOCCONS, TIOCVHANGUP, TIOCSLCKTRMIOS. */
export const TERMINAL_CHANGES: ReadonlySet<number> = new Set([0x541d, 0x5437, 0x5457]);
/** What commands do that the kernel answers for every file: ask for its facts, change them, or neither. */
export const IOCTL_OF_FILE = {
  /** FIONREAD, FIBMAP, FIGETBSZ, FS_IOC_GETFLAGS, FS_IOC_GETVERSION */
  GETATTR: new Set<number>([0x541b, FIBMAP, 2, 0x80086601, FS_IOC_GETVERSION]),
  /** FS_IOC_SETFLAGS, FS_IOC_SETVERSION */
  SETATTR: new Set<number>([FS_IOC_SETFLAGS, 0x40087602]),
  /** FIONBIO, FIOASYNC */
  FREE: new Set<number>([0x5421, 0x5452]),
  /** KDSKBENT, KDSKBSENT: what keys of consoles mean. */
  CONSOLE: new Set<number>([0x4b47, 0x4b49]),
} as const;

/** include/uapi/linux/fuse.h, on a descriptor of /dev/fuse. _IOW(229, 1, struct fuse_backing_map), since Linux 6.9 */
export const FUSE_DEV_IOC_BACKING_OPEN = 0x4010e501;
/** _IOW(229, 2, uint32_t) */
export const FUSE_DEV_IOC_BACKING_CLOSE = 0x4004e502;

/** include/uapi/linux/seccomp.h. _IOWR('!', 0, struct seccomp_notif), 80 bytes. */
export const SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100;
/** _IOWR('!', 1, struct seccomp_notif_resp), 24 bytes. */
export const SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101;
/** _IOW('!', 2, __u64). Is the call with this id still waiting? Its thread may have been killed and the thread id given to another. */
export const SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102;
/** _IOW('!', 3, struct seccomp_notif_addfd), 24 bytes. */
export const SECCOMP_IOCTL_NOTIF_ADDFD = 0x40182103;
/** _IOW('!', 4, __u64), since Linux 6.6 */
export const SECCOMP_IOCTL_NOTIF_SET_FLAGS = 0x40082104;

/** include/uapi/linux/userfaultfd.h. _IO(0xaa, 0), with the flags of userfaultfd(2), on a descriptor of its device. */
export const USERFAULTFD_IOC_NEW = 0xaa00;

/** include/uapi/linux/if_tun.h, on a descriptor of /dev/net/tun. _IOW('T', 202, int), with a struct ifreq */
export const TUNSETIFF = 0x400454ca;
/** _IOW('T', 217, int), with a struct ifreq */
export const TUNSETQUEUE = 0x400454d9;
/** Flags of both (IFF_*), and the device, `major:minor`. */
export const TUN = { TUN: 0x0001, TAP: 0x0002, ATTACH_QUEUE: 0x0200, EXCL: 0x8000, DEVICE: '10:200' } as const;
/** include/uapi/linux/if.h: size of an interface's name, with NUL. */
export const IFNAMSIZ = 16;

/**
 * include/uapi/linux/sockios.h, what changes interfaces, addresses, routes and neighbours: SIOCADDRT, SIOCDELRT, SIOCSIFFLAGS,
 * SIOCSIFADDR, SIOCSIFDSTADDR, SIOCSIFBRDADDR, SIOCSIFNETMASK, SIOCSIFMETRIC, SIOCSIFMTU, SIOCSIFNAME, SIOCSIFHWADDR, SIOCADDMULTI,
 * SIOCDELMULTI, SIOCSIFHWBROADCAST, SIOCSIFTXQLEN, SIOCDARP, SIOCSARP.
 */
export const NETWORK_CHANGES: ReadonlySet<number> = new Set([
  ...[0x890b, 0x890c, 0x8914, 0x8916, 0x8918, 0x891a, 0x891c, 0x891e, 0x8922, 0x8923, 0x8924],
  ...[0x8931, 0x8932, 0x8937, 0x8943, 0x8953, 0x8955],
]);
