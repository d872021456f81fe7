/**
 * Which system calls of a world are supervised.
 *
 * Only what the host cannot answer is notified: every notification costs several microseconds. Arguments are tested in the kernel where
 * that tells calls of ours from others (`write` of zero bytes, `getsockopt` for SO_PEERSEC only). Paths cannot be tested there.
 */

import {
  type ArgumentTest,
  compileFilter,
  type Foreign,
  type Rule,
  SECCOMP_RET_ERRNO,
} from '../../host/seccomp/bpf.ts';
import { ABSENT, auditArch, type SyscallName, syscallNumbers } from '../../linux/syscall-numbers.ts';
import type { Family } from '../mediation.ts';

export const FEATURES = [
  /** statfs(2) must not say FUSE. */
  'statfs',
  /** mount(2), and fsopen(2) with what follows, of filesystem types the host does not have, and label options of others. */
  'mount',
  /** Opens of /proc/<pid>/attr, and of what calls/stand-in.ts replaces. */
  'attr-open',
  /** stat, access and listxattr of names in /proc/<pid>/attr and /proc/sys that the host's kernel lacks. Costly: all such calls are notified. */
  'attr-stat',
  /**
   * lstat and readlink of these names. Who compares or searches trees makes little else, and who looks for a module uses stat or open, so only where
   * everything is to be exact.
   */
  'attr-lstat',
  /** Writes of zero bytes, which a FUSE server never sees. */
  'zero-write',
  /** sendfile(2) and splice(2) from our files, which FUSE takes for empty. */
  'sendfile',
  /** lsm_get_self_attr(2) and its siblings. */
  'lsm-calls',
  /** lsm_unshare(2), whose number may be that of another call on the host. */
  'lsm-unshare',
  /** getsockopt(SO_PEERSEC). */
  'peersec',
  /** syslog(2); /dev/kmsg is opened like attr files are. */
  'syslog',
  /** Audit by netlink(7): the emulated kernel's, never that of the host. */
  'audit',
  /** prctl(PR_SET_PTRACER). */
  'ptracer',
  /** The requests of ptrace(2) that make a tracer: PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_TRACEME. */
  'ptrace-attach',
  'ptrace-seize',
  'ptrace-traceme',
  /** getsockopt(SO_PEERCONTEXT), of the stacking patches. */
  'peercontext',
  /** Labels of new files. */
  'file-labels',
  /** Security attributes of ordinary files: reading and setting. */
  'file-attributes',
  /** Programs that are executed: what becomes of the caller, and whether it may. */
  'exec-checks',
  /** Uses of files in which modules look at the content. */
  'file-uses',
  /** What modules decide about, by families (world/mediation.ts). */
  'mediate-files',
  'mediate-stat',
  'mediate-tasks',
  'mediate-sockets',
  'mediate-ipc',
  /** execve, for process tracking without the proc connector. */
  'process-calls',
  /**
   * exit_group, by which an exit status is known before the process has ended. Only where somebody wants it: when the daemon is gone the call fails with
   * ENOSYS, and the C library then ends the program by an illegal instruction.
   */
  'process-exits',
] as const;

export type Feature = (typeof FEATURES)[number];

const O_EXCL = 0o200;
const AT_EMPTY_PATH = 0x1000;
const AT_SYMLINK_NOFOLLOW = 0x100;
const PROT_EXEC = 4;
const MAP_ANONYMOUS = 0x20;
const SOL_SOCKET = 1;
const SO_PEERSEC = 31;
const SO_PEERCONTEXT = 68;
const PR_SET_PTRACER = 0x59616d61;
const PTRACE_TRACEME = 0;
const PTRACE_ATTACH = 16;
const PTRACE_SEIZE = 0x4206;
const AF_NETLINK = 16;
const NETLINK_AUDIT = 9;
/** struct sockaddr_nl; hardly any other address has this size. */
const NETLINK_ADDRESS_SIZE = 12;

/** An exclusive create in attr fails as on the host: every name there exists or may not be made. */
const notExclusive = (argument: number): ArgumentTest => ({ argument, lacks: O_EXCL });
/** The number of a task that is not 0, which stands for the caller. */
const ofAnother: ArgumentTest = { argument: 0, has: 0xffffffff };
const byPath = (argument: number): ArgumentTest => ({ argument, lacks: AT_EMPTY_PATH });

/** Whatever their arguments are. */
const always = (...names: readonly (readonly SyscallName[])[]): Partial<Record<SyscallName, readonly ArgumentTest[]>> =>
  Object.fromEntries(names.flat().map((name) => [name, []]));

const RULES: Readonly<Record<Feature, Partial<Record<SyscallName, readonly ArgumentTest[]>>>> = {
  statfs: { statfs: [], fstatfs: [] },
  mount: { mount: [], fsopen: [], fsconfig: [], fspick: [], fsmount: [], move_mount: [], umount2: [] },
  'attr-open': { openat: [notExclusive(2)], open: [notExclusive(1)], openat2: [], creat: [] },
  'attr-stat': {
    stat: [],
    newfstatat: [{ argument: 3, lacks: AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW }],
    statx: [byPath(2)],
    access: [],
    faccessat: [],
    faccessat2: [byPath(3)],
    listxattr: [],
    llistxattr: [],
    listxattrat: [byPath(2)],
  },
  'attr-lstat': { lstat: [], newfstatat: [byPath(3)], readlink: [], readlinkat: [] },
  'zero-write': { write: [{ argument: 2, is64: 0 }], pwrite64: [{ argument: 2, is64: 0 }] },
  sendfile: { sendfile: [], splice: [] },
  'lsm-calls': { lsm_get_self_attr: [], lsm_set_self_attr: [], lsm_list_modules: [] },
  'lsm-unshare': { lsm_unshare: [] },
  peersec: {
    getsockopt: [
      { argument: 1, is: SOL_SOCKET },
      { argument: 2, is: SO_PEERSEC },
    ],
  },
  syslog: { syslog: [] },
  audit: {
    socket: [
      { argument: 0, is: AF_NETLINK },
      { argument: 2, is: NETLINK_AUDIT },
    ],
    bind: [{ argument: 2, is: NETLINK_ADDRESS_SIZE }],
    sendto: [{ argument: 5, is: NETLINK_ADDRESS_SIZE }],
  },
  ptracer: { prctl: [{ argument: 0, is: PR_SET_PTRACER }] },
  'ptrace-attach': { ptrace: [{ argument: 0, is: PTRACE_ATTACH }] },
  'ptrace-seize': { ptrace: [{ argument: 0, is: PTRACE_SEIZE }] },
  'ptrace-traceme': { ptrace: [{ argument: 0, is: PTRACE_TRACEME }] },
  peercontext: {
    getsockopt: [
      { argument: 1, is: SOL_SOCKET },
      { argument: 2, is: SO_PEERCONTEXT },
    ],
  },
  'file-labels': {
    openat: [],
    open: [],
    mkdir: [],
    mkdirat: [],
    mknod: [],
    mknodat: [],
    symlink: [],
    symlinkat: [],
    bind: [],
    linkat: [], // gives a file without a name one; then it must have its label
  },
  'file-attributes': {
    getxattr: [],
    lgetxattr: [],
    fgetxattr: [],
    getxattrat: [],
    setxattr: [],
    lsetxattr: [],
    fsetxattr: [],
    setxattrat: [],
    listxattr: [],
    llistxattr: [],
    flistxattr: [],
    listxattrat: [],
    removexattr: [],
    lremovexattr: [],
    fremovexattr: [],
    removexattrat: [],
  },
  'exec-checks': { execve: [], execveat: [] },
  'file-uses': {
    openat: [],
    open: [],
    openat2: [],
    creat: [],
    execve: [],
    execveat: [],
    mmap: [
      { argument: 2, has: PROT_EXEC },
      { argument: 3, lacks: MAP_ANONYMOUS },
    ],
    mprotect: [{ argument: 2, has: PROT_EXEC }],
    truncate: [],
    finit_module: [],
    kexec_file_load: [],
  },
  'mediate-files': always(
    [
      'open',
      'openat',
      'openat2',
      'creat',
      'execve',
      'execveat',
      'access',
      'faccessat',
      'faccessat2',
      'chdir',
      'fchdir',
    ],
    ['chroot', 'chmod', 'fchmod', 'fchmodat', 'fchmodat2', 'chown', 'lchown', 'fchown', 'fchownat', 'truncate'],
    ['ftruncate', 'utime', 'utimes', 'futimesat', 'utimensat', 'mkdir', 'mkdirat', 'mknod', 'mknodat', 'symlink'],
    ['symlinkat', 'link', 'linkat', 'unlink', 'unlinkat', 'rmdir', 'rename', 'renameat', 'renameat2'],
    ['inotify_add_watch', 'getxattr', 'lgetxattr', 'fgetxattr', 'setxattr', 'lsetxattr', 'fsetxattr', 'removexattr'],
    [
      'setuid',
      'setreuid',
      'setresuid',
      'setfsuid',
      'statfs',
      'lremovexattr',
      'fremovexattr',
      'listxattr',
      'llistxattr',
      'flistxattr',
    ],
  ),
  'mediate-stat': always(['stat', 'lstat', 'fstat', 'newfstatat', 'statx', 'readlink', 'readlinkat']),
  'mediate-tasks': {
    ...always(
      ['kill', 'tkill', 'tgkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo', 'pidfd_send_signal', 'setpgid', 'nice'],
      ['setpriority', 'sched_setparam', 'sched_getparam', 'sched_setscheduler', 'sched_getscheduler', 'setrlimit'],
      ['sched_rr_get_interval', 'sched_setaffinity', 'sched_getaffinity', 'sched_setattr', 'sched_getattr', 'capget'],
      ['ioprio_set', 'ioprio_get', 'prlimit64', 'capset', 'pidfd_getfd'],
    ),
    getpgid: [ofAnother],
    getsid: [ofAnother],
    process_vm_readv: [ofAnother],
    process_vm_writev: [ofAnother],
    get_robust_list: [ofAnother],
  },
  'mediate-sockets': always(
    ['socket', 'socketpair', 'bind', 'connect', 'listen', 'accept', 'accept4', 'shutdown'],
    ['getsockopt', 'setsockopt', 'getsockname', 'getpeername'],
  ),
  'mediate-ipc': always(
    ['shmget', 'shmat', 'shmctl', 'msgget', 'msgsnd', 'msgrcv', 'msgctl'],
    ['semget', 'semop', 'semtimedop', 'semctl'],
  ),
  'process-calls': { execve: [], execveat: [] },
  'process-exits': { exit_group: [] },
};

/** @param arch as `process.arch` has it. */
export function filterRules(arch: string, features: Iterable<Feature>): Rule[] {
  const numbers = syscallNumbers(arch);
  const rules: Rule[] = [];
  for (const feature of features) {
    for (const [name, tests] of Object.entries(RULES[feature])) {
      const number = numbers[name as SyscallName];
      if (number !== ABSENT) rules.push({ number, tests });
    }
  }
  return rules;
}

const EPROTONOSUPPORT = 93;

/** socket(2) of a kernel without audit, by a number that the supervisor does not know. */
const noAudit = (number: number): Rule => ({
  number,
  tests: [
    { argument: 0, is: AF_NETLINK },
    { argument: 2, is: NETLINK_AUDIT },
  ],
  action: SECCOMP_RET_ERRNO | EPROTONOSUPPORT,
});

/** What 32-bit programs may not do, since nobody answers them: they would reach the host's audit. socketcall(2) cannot be told, its arguments are in memory. */
const FOREIGN: Readonly<Record<string, readonly Foreign[]>> = {
  x64: [{ arch: 0x40000003, rules: [noAudit(359)] }], // AUDIT_ARCH_I386
  arm64: [{ arch: 0x40000028, rules: [noAudit(281)] }], // AUDIT_ARCH_ARM
};
/** The x32 ABI has the numbers of x86-64 with this bit, and its architecture. */
const X32_BIT = 0x40000000;

/** The program that a world's first process installs. */
export function supervisionFilter(features: Iterable<Feature>, arch: string = process.arch): Uint8Array {
  const rules = filterRules(arch, features);
  const x32 = arch === 'x64' ? [noAudit(X32_BIT + syscallNumbers(arch).socket)] : [];
  return compileFilter(auditArch(arch), [...rules, ...x32], FOREIGN[arch]);
}

export interface SupervisionNeeds {
  /** Names in /proc/self/attr of the host's kernel. */
  readonly hostAttrNames: readonly string[];
  /** Names in the emulated attr directory. */
  readonly attrNames: readonly string[];
  /** Everything about that directory is to be as in the kernel. */
  readonly exactAttr: boolean;
  /** Sysctls that the host's kernel lacks. */
  readonly addedSysctls: boolean;
  /** The proc connector does not work here. */
  readonly processCalls: boolean;
  /** Somebody waits for the exit status of a process. */
  readonly exitStatus: boolean;
  /** The emulated kernel has lsm_unshare(2). */
  readonly lsmUnshare: boolean;
  /** There are compound labels. */
  readonly compoundLabels: boolean;
  /** Modules have options of prctl(2), and a say in who traces whom. */
  readonly tracers: boolean;
  /** Modules label new files. */
  readonly fileLabels: boolean;
  /** They decide about security attributes of ordinary files. */
  readonly fileAttributes: boolean;
  /** Modules decide about programs that are executed. */
  readonly execChecks: boolean;
  /** Modules may decide about uses of files. */
  readonly fileUses: boolean;
  /** What modules decide about system calls. */
  readonly mediated: readonly Family[];
}

export function neededFeatures(needs: SupervisionNeeds): Feature[] {
  const hostHas = new Set(needs.hostAttrNames);
  const lacksNames = needs.addedSysctls || needs.attrNames.some((name) => !hostHas.has(name));
  return FEATURES.filter((feature) => {
    if (feature === 'attr-stat') return lacksNames;
    if (feature === 'attr-lstat') return lacksNames && needs.exactAttr;
    if (feature === 'ptracer') return needs.tracers;
    if (feature.startsWith('ptrace-')) return needs.tracers || needs.mediated.includes('tasks');
    if (feature === 'lsm-unshare') return needs.lsmUnshare;
    if (feature === 'peercontext') return needs.compoundLabels;
    if (feature === 'file-labels') return needs.fileLabels;
    if (feature === 'file-attributes') return needs.fileAttributes;
    if (feature === 'exec-checks') return needs.execChecks;
    if (feature === 'file-uses') return needs.fileUses;
    if (feature.startsWith('mediate-')) return needs.mediated.some((family) => feature === `mediate-${family}`);
    if (feature === 'process-calls') return needs.processCalls;
    if (feature === 'process-exits') return needs.exitStatus;
    return true;
  });
}
