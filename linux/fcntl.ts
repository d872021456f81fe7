/**
 * Opening, naming and locking files: include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h, openat2.h.
 *
 * Four open flags have other values on arm64 than on x86-64; here they have those of the machine this runs on, as the programs do
 * whose system calls carry them.
 */
import { callerFd } from './ids.ts';

export const O_ACCMODE = 0o3;
export const O_RDONLY = 0o0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_NOCTTY = 0o400;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
/** FASYNC in the header. */
export const O_ASYNC = 0o20000;
export const O_NOATIME = 0o1000000;
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

interface MachineOpenFlags {
  readonly O_DIRECT: number;
  readonly O_DIRECTORY: number;
  readonly O_NOFOLLOW: number;
  readonly O_LARGEFILE: number;
}

/** arch/arm64/include/uapi/asm/fcntl.h, and for x86-64 the generic header. `arch`: as `process.arch` names it. */
export function machineOpenFlags(arch: string): MachineOpenFlags {
  return arch === 'arm64'
    ? { O_DIRECTORY: 0o40000, O_NOFOLLOW: 0o100000, O_DIRECT: 0o200000, O_LARGEFILE: 0o400000 }
    : { O_DIRECT: 0o40000, O_LARGEFILE: 0o100000, O_DIRECTORY: 0o200000, O_NOFOLLOW: 0o400000 };
}

export const { O_DIRECT, O_DIRECTORY, O_LARGEFILE, O_NOFOLLOW } = machineOpenFlags(process.arch);
/** With O_DIRECTORY in it, so that kernels that do not know __O_TMPFILE refuse it. */
export const O_TMPFILE = 0o20000000 | O_DIRECTORY;

export const F_GETFD = 1;
export const F_SETFD = 2;
export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_GETLK = 5;
export const F_SETLK = 6;
export const F_SETLKW = 7;
export const F_SETOWN = 8;
export const F_GETOWN = 9;
export const F_SETSIG = 10;
export const F_GETSIG = 11;
export const F_GETOWNER_UIDS = 17;
export const F_OFD_GETLK = 36;
export const F_OFD_SETLK = 37;
export const F_OFD_SETLKW = 38;
export const F_SETLEASE = 1024;
export const F_NOTIFY = 1026;
export const F_DUPFD_CLOEXEC = 1030;
export const FD_CLOEXEC = 1;

/** Of F_NOTIFY. */
export const DN_ACCESS = 1;
export const DN_MULTISHOT = 0x80000000;

export const F_RDLCK = 0;
export const F_WRLCK = 1;
export const F_UNLCK = 2;

/** Operations of flock(2). */
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

/** "The working directory" where a descriptor is expected. */
export const AT_FDCWD = callerFd(-100);
export const AT_SYMLINK_NOFOLLOW = 0x100;
/** Of faccessat2(2) only. */
export const AT_EACCESS = 0x200;
/** Of unlinkat(2) only. */
export const AT_REMOVEDIR = 0x200;
/** Of name_to_handle_at(2) only, as the next two. */
export const AT_HANDLE_FID = 0x200;
export const AT_HANDLE_MNT_ID_UNIQUE = 0x001;
/** Since Linux 6.13. */
export const AT_HANDLE_CONNECTABLE = 0x002;
export const AT_SYMLINK_FOLLOW = 0x400;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;
export const AT_STATX_DONT_SYNC = 0x4000;
/** Of open_tree(2) and mount_setattr(2). */
export const AT_RECURSIVE = 0x8000;

/** Of openat2(2). */
export const RESOLVE_NO_XDEV = 0x01;
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
export const RESOLVE_BENEATH = 0x08;
export const RESOLVE_IN_ROOT = 0x10;
export const RESOLVE_CACHED = 0x20;
/** Size of struct open_how: flags, mode, resolve, each a u64. */
export const OPEN_HOW_SIZE = 24;

/** May this open read? */
export function opensForReading(flags: number): boolean {
  return (flags & O_ACCMODE) !== O_WRONLY;
}

/** May this open write? Access mode 3 counts as both, as in the kernel's ACC_MODE(). */
export function opensForWriting(flags: number): boolean {
  return (flags & O_ACCMODE) !== O_RDONLY;
}

/** May what is open be read? OPEN_FMODE(): access mode 3, which is for ioctl(2), is neither for reading nor for writing then. */
export function isReadable(flags: number): boolean {
  return (((flags & O_ACCMODE) + 1) & 1) !== 0;
}

/** May what is open be written? */
export function isWritable(flags: number): boolean {
  return (((flags & O_ACCMODE) + 1) & 2) !== 0;
}

/** Size of what struct file_handle may end with. */
export const MAX_HANDLE_SZ = 128;
/** Types of file handles that fuse_encode_fh() gives: include/linux/exportfs.h. */
export const FILEID_INO64_GEN = 0x81;
export const FILEID_INO64_GEN_PARENT = 0x82;
