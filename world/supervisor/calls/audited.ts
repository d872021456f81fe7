/**
 * Calls that are notified for rules of audit alone: audit/audited-calls.ts, called by loop.ts before and after the handlers.
 */
import { MAP_ANONYMOUS } from '../../../linux/mman.ts';
import { PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_TRACEME } from '../../../linux/process.ts';
import type { SyscallName } from '../../../linux/syscall-numbers.ts';
import type { SupervisedCall } from './supervised-call.ts';

const AUDITED: readonly SyscallName[] = [
  ...(['open', 'openat', 'openat2', 'creat', 'mkdir', 'mkdirat', 'mknod', 'mknodat', 'symlink', 'symlinkat'] as const),
  ...(['link', 'linkat', 'unlink', 'unlinkat', 'rmdir', 'rename', 'renameat', 'renameat2', 'truncate'] as const),
  ...(['ftruncate', 'chmod', 'fchmod', 'fchmodat', 'fchmodat2', 'chown', 'lchown', 'fchown', 'fchownat'] as const),
  ...(['setxattr', 'lsetxattr', 'fsetxattr', 'removexattr', 'lremovexattr', 'fremovexattr'] as const),
  ...(['utime', 'utimes', 'utimensat', 'futimesat', 'chdir', 'chroot', 'mount', 'umount2', 'pivot_root'] as const),
  ...(['execve', 'execveat', 'kill', 'tkill', 'tgkill', 'connect', 'bind', 'unshare', 'setns'] as const),
  ...(['setuid', 'setgid', 'setreuid', 'setregid', 'setresuid', 'setresgid', 'setgroups', 'capset'] as const),
  ...(['sethostname', 'setdomainname', 'adjtimex', 'clock_adjtime', 'clock_settime', 'settimeofday', 'bpf'] as const),
  // A program that gets ENOSYS from them, as when the daemon has ended, ends by an illegal instruction.
  ...(['exit', 'exit_group'] as const),
  ...(['pipe', 'pipe2', 'socketpair', 'shmget', 'shmat', 'shmctl', 'msgget', 'msgsnd', 'msgrcv', 'msgctl'] as const),
  ...(['semget', 'semop', 'semtimedop', 'semctl', 'mq_open', 'mq_unlink', 'mq_timedsend'] as const),
  ...(['mq_timedreceive', 'mq_notify', 'mq_getsetattr'] as const),
];

export const calls: readonly SupervisedCall[] = [
  ...AUDITED.map((name): SupervisedCall => ({ name, when: 'audit-calls' })),
  // Not each request of a debugger.
  ...[PTRACE_TRACEME, PTRACE_ATTACH, PTRACE_SEIZE].map(
    (request): SupervisedCall => ({ name: 'ptrace', when: 'audit-calls', rule: [{ argument: 0, is: request }] }),
  ),
  // Memory without a file is mapped too often.
  { name: 'mmap', when: 'audit-calls', rule: [{ argument: 3, lacks: MAP_ANONYMOUS }] },
];
