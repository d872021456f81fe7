/** Words of auditctl(8) for what is a number in a rule: libaudit of audit 4.0.2. */

/** Names of numbers one after the other, by the first of them. */
function named(runs: readonly (readonly [first: number, names: string])[]): ReadonlyMap<number, string> {
  return new Map(
    runs.flatMap(([first, names]) => names.split(' ').map((name, index) => [first + index, name] as const)),
  );
}

/** Fields, and that of the series about container ids. */
export const FIELD_NAMES: ReadonlyMap<number, string> = named([
  [
    0,
    'pid uid euid suid fsuid gid egid sgid fsgid auid pers arch msgtype subj_user subj_role subj_type subj_sen ' +
      'subj_clr ppid obj_user obj_role obj_type obj_lev_low obj_lev_high',
  ],
  [25, 'sessionid fstype contid'],
  [100, 'devmajor devminor inode exit success path perm dir filetype obj_uid obj_gid field_compare exe saddr_fam'],
  [200, 'a0 a1 a2 a3'],
  [210, 'key'],
]);

/** Errors of system calls. */
export const ERROR_NAMES: ReadonlyMap<number, string> = named([
  [
    1,
    'EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST ' +
      'EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ' +
      'ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP',
  ],
  [
    42,
    'ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC ' +
      'EBADSLT',
  ],
  [
    59,
    'EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT ' +
      'EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE ' +
      'EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP ' +
      'EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET ' +
      'ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY ' +
      'EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY ' +
      'EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON',
  ],
]);

/** Operations of io_uring. */
export const URING_NAMES: ReadonlyMap<number, string> = named([
  [9, 'sendmsg recvmsg'],
  [13, 'accept'],
  [16, 'connect fallocate openat close'],
  [28, 'openat2'],
  [34, 'shutdown renameat unlinkat mkdirat symlinkat linkat msg_ring fsetxattr setxattr fgetxattr getxattr'],
  [46, 'uring_cmd'],
  [48, 'sendmsg_zc'],
  [50, 'waitid futex_wait futex_wake futex_waitv'],
]);

/** The last operation of io_uring that auditctl knows, whatever names it has. */
export const LAST_URING = 36;

/** Pairs of ids that `-C` compares, by AUDIT_COMPARE_*. */
export const COMPARED: ReadonlyMap<number, string> = named([
  [
    1,
    'uid,obj_uid gid,obj_gid euid,obj_uid egid,obj_gid auid,obj_uid suid,obj_uid sgid,obj_gid fsuid,obj_uid fsgid,obj_gid ' +
      'uid,auid uid,euid uid,fsuid uid,suid auid,fsuid auid,suid auid,euid euid,suid euid,fsuid suid,fsuid ' +
      'gid,egid gid,fsgid gid,sgid egid,fsgid egid,sgid sgid,fsgid',
  ],
]);

export const LIST_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'user'],
  [1, 'task'],
  [4, 'exit'],
  [5, 'exclude'],
  [6, 'filesystem'],
  [7, 'io_uring'],
]);

export const FILE_TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [0o010000, 'fifo'],
  [0o020000, 'character'],
  [0o040000, 'dir'],
  [0o060000, 'block'],
  [0o100000, 'file'],
  [0o120000, 'link'],
  [0o140000, 'socket'],
]);

export const FILESYSTEM_NAMES: ReadonlyMap<number, string> = new Map([
  [0x64626720, 'debugfs'],
  [0x74726163, 'tracefs'],
]);
