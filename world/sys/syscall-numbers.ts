/**
 * System call numbers of the two supported machines: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h
 * (arm64). A call that a machine does not have is `ABSENT`, which no filter and no caller may use as a number.
 */
export const ABSENT = -1;

/**
 * name: [x86-64, arm64]; calls added since 2019 (424 and later) share one number. No kernel has `lsm_unshare`: its number is the first that Linux 7.0
 * leaves free, after rseq_slice_yield.
 */
const TABLE = {
  read: [0, 63],
  write: [1, 64],
  open: [2, ABSENT],
  close: [3, 57],
  stat: [4, ABSENT],
  fstat: [5, 80],
  lstat: [6, ABSENT],
  ioctl: [16, 29],
  pread64: [17, 67],
  pwrite64: [18, 68],
  readv: [19, 65],
  writev: [20, 66],
  access: [21, ABSENT],
  lseek: [8, 62],
  mmap: [9, 222],
  finit_module: [313, 273],
  kexec_file_load: [320, 294],
  ppoll: [271, 73],
  fcntl: [72, 25],
  getpid: [39, 172],
  sendfile: [40, 71],
  socket: [41, 198],
  connect: [42, 203],
  sendto: [44, 206],
  bind: [49, 200],
  getsockname: [51, 204],
  getpeername: [52, 205],
  getsockopt: [55, 209],
  clone: [56, 220],
  fork: [57, ABSENT],
  vfork: [58, ABSENT],
  execve: [59, 221],
  exit: [60, 93],
  truncate: [76, 45],
  getdents: [78, ABSENT],
  chdir: [80, 49],
  mkdir: [83, ABSENT],
  creat: [85, ABSENT],
  symlink: [88, ABSENT],
  readlink: [89, ABSENT],
  chmod: [90, ABSENT],
  chown: [92, ABSENT],
  lchown: [94, ABSENT],
  syslog: [103, 116],
  getppid: [110, 173],
  setgroups: [116, 159],
  setfsuid: [122, 151],
  setfsgid: [123, 152],
  mknod: [133, ABSENT],
  statfs: [137, 43],
  fstatfs: [138, 44],
  capget: [125, 90],
  capset: [126, 91],
  prctl: [157, 167],
  ptrace: [101, 117],
  chroot: [161, 51],
  mount: [165, 40],
  umount2: [166, 39],
  gettid: [186, 178],
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  fsetxattr: [190, 7],
  getxattr: [191, 8],
  lgetxattr: [192, 9],
  fgetxattr: [193, 10],
  listxattr: [194, 11],
  llistxattr: [195, 12],
  flistxattr: [196, 13],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  fremovexattr: [199, 16],
  getdents64: [217, 61],
  clock_gettime: [228, 113],
  exit_group: [231, 94],
  openat: [257, 56],
  mkdirat: [258, 34],
  mknodat: [259, 33],
  newfstatat: [262, 79],
  linkat: [265, 37],
  symlinkat: [266, 36],
  readlinkat: [267, 78],
  faccessat: [269, 48],
  unshare: [272, 97],
  splice: [275, 76],
  pipe2: [293, 59],
  pwritev: [296, 70],
  move_pages: [279, 239],
  name_to_handle_at: [303, 264],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  setns: [308, 268],
  seccomp: [317, 277],
  memfd_create: [319, 279],
  execveat: [322, 281],
  pwritev2: [328, 287],
  statx: [332, 291],
  pidfd_send_signal: [424, 424],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  pidfd_open: [434, 434],
  clone3: [435, 435],
  close_range: [436, 436],
  openat2: [437, 437],
  pidfd_getfd: [438, 438],
  faccessat2: [439, 439],
  mount_setattr: [442, 442],
  statmount: [457, 457],
  listmount: [458, 458],
  lsm_get_self_attr: [459, 459],
  lsm_set_self_attr: [460, 460],
  lsm_list_modules: [461, 461],
  setxattrat: [463, 463],
  getxattrat: [464, 464],
  listxattrat: [465, 465],
  removexattrat: [466, 466],
  lsm_unshare: [472, 472],
} as const satisfies Record<string, readonly [number, number]>;

export type SyscallName = keyof typeof TABLE;
export type SyscallNumbers = { readonly [N in SyscallName]: number };

/** AUDIT_ARCH_* (include/uapi/linux/audit.h): what a seccomp program compares `seccomp_data.arch` with. */
const AUDIT_ARCH: Readonly<Record<string, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** `process.arch` of a machine whose numbers are known. */
export function supportedMachine(arch: string): boolean {
  return arch in AUDIT_ARCH;
}

export function auditArch(arch: string): number {
  return AUDIT_ARCH[arch] ?? 0;
}

export function syscallNumbers(arch: string): SyscallNumbers {
  const column = arch === 'arm64' ? 1 : 0;
  return Object.fromEntries(Object.entries(TABLE).map(([name, row]) => [name, row[column]])) as SyscallNumbers;
}
