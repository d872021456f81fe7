/**
 * One table of Linux error numbers, and the value an operation returns instead of its result when it fails.
 *
 * Model: as in the kernel, a failed operation *returns* its error. An `Errno` is a frozen value from the table below, never a
 * thrown exception: an exception that reaches the edge of the vfs is a bug and becomes `EIO` plus a logged trace.
 * Numbers: include/uapi/asm-generic/errno-base.h and errno.h (x86-64, arm64); texts: glibc.
 */
const TABLE = {
  EPERM: [1, 'Operation not permitted'],
  ENOENT: [2, 'No such file or directory'],
  ESRCH: [3, 'No such process'],
  EINTR: [4, 'Interrupted system call'],
  EIO: [5, 'Input/output error'],
  ENXIO: [6, 'No such device or address'],
  E2BIG: [7, 'Argument list too long'],
  ENOEXEC: [8, 'Exec format error'],
  EBADF: [9, 'Bad file descriptor'],
  ECHILD: [10, 'No child processes'],
  EAGAIN: [11, 'Resource temporarily unavailable'],
  ENOMEM: [12, 'Cannot allocate memory'],
  EACCES: [13, 'Permission denied'],
  EFAULT: [14, 'Bad address'],
  EBUSY: [16, 'Device or resource busy'],
  EEXIST: [17, 'File exists'],
  EXDEV: [18, 'Invalid cross-device link'],
  ENODEV: [19, 'No such device'],
  ENOTDIR: [20, 'Not a directory'],
  EISDIR: [21, 'Is a directory'],
  EINVAL: [22, 'Invalid argument'],
  ENFILE: [23, 'Too many open files in system'],
  EMFILE: [24, 'Too many open files'],
  ENOTTY: [25, 'Inappropriate ioctl for device'],
  ETXTBSY: [26, 'Text file busy'],
  EFBIG: [27, 'File too large'],
  ENOSPC: [28, 'No space left on device'],
  ESPIPE: [29, 'Illegal seek'],
  EROFS: [30, 'Read-only file system'],
  EMLINK: [31, 'Too many links'],
  EPIPE: [32, 'Broken pipe'],
  ERANGE: [34, 'Numerical result out of range'],
  ENAMETOOLONG: [36, 'File name too long'],
  ENOSYS: [38, 'Function not implemented'],
  ENOTEMPTY: [39, 'Directory not empty'],
  ELOOP: [40, 'Too many levels of symbolic links'],
  ENOMSG: [42, 'No message of desired type'],
  EBADR: [53, 'Invalid request descriptor'],
  ENODATA: [61, 'No data available'],
  ENOPKG: [65, 'Package not installed'],
  EPROTO: [71, 'Protocol error'],
  EBADMSG: [74, 'Bad message'],
  EOVERFLOW: [75, 'Value too large for defined data type'],
  ENOTUNIQ: [76, 'Name not unique on network'],
  EMSGSIZE: [90, 'Message too long'],
  ENOPROTOOPT: [92, 'Protocol not available'],
  EPROTONOSUPPORT: [93, 'Protocol not supported'],
  ESOCKTNOSUPPORT: [94, 'Socket type not supported'],
  EOPNOTSUPP: [95, 'Operation not supported'],
  EAFNOSUPPORT: [97, 'Address family not supported by protocol'],
  EADDRINUSE: [98, 'Address already in use'],
  ENOBUFS: [105, 'No buffer space available'],
  ENOTSOCK: [88, 'Socket operation on non-socket'],
  ENOTCONN: [107, 'Transport endpoint is not connected'],
  ETIMEDOUT: [110, 'Connection timed out'],
  ECONNREFUSED: [111, 'Connection refused'],
  ESTALE: [116, 'Stale file handle'],
  EDQUOT: [122, 'Disk quota exceeded'],
  ECANCELED: [125, 'Operation canceled'],
  ENOKEY: [126, 'Required key not available'],
  EKEYEXPIRED: [127, 'Key has expired'],
  EKEYREVOKED: [128, 'Key has been revoked'],
  EKEYREJECTED: [129, 'Key was rejected by service'],
} as const;

export type ErrnoCode = keyof typeof TABLE;

/** A Linux error as a value. `number` is positive (`EINVAL.number === 22`). */
export class Errno {
  readonly code: ErrnoCode;
  readonly number: number;
  readonly message: string;

  constructor(code: ErrnoCode) {
    this.code = code;
    this.number = TABLE[code][0];
    this.message = TABLE[code][1];
    Object.freeze(this);
  }

  toString(): string {
    return `${this.code}: ${this.message}`;
  }
}

/** The answer of an operation that can fail. Test with {@link failed}. */
export type Result<T> = T | Errno;

/** `true` when `result` is an error; narrows the type. */
export function failed<T>(result: Result<T>): result is Errno {
  return result instanceof Errno;
}

/** The table: `E.EINVAL`, `E.ENOENT`, ... */
export const E: { readonly [C in ErrnoCode]: Errno } = Object.freeze(
  Object.fromEntries((Object.keys(TABLE) as ErrnoCode[]).map((code) => [code, new Errno(code)])) as {
    [C in ErrnoCode]: Errno;
  },
);

/** The numbers alone, positive: `ERRNO.EINVAL === 22`. For those who talk to the host's kernel. */
export const ERRNO = Object.freeze(
  Object.fromEntries((Object.keys(TABLE) as ErrnoCode[]).map((code) => [code, TABLE[code][0]])),
) as { readonly [C in ErrnoCode]: number };

const BY_NUMBER: ReadonlyMap<number, Errno> = new Map(Object.values(E).map((e) => [e.number, e]));

/** The `Errno` with this (positive) number; `EIO` for a number that is not in the table. */
export function errnoFromNumber(number: number): Errno {
  return BY_NUMBER.get(number) ?? E.EIO;
}
