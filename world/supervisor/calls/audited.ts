/**
 * Calls that are notified for rules of audit alone: audit/audited-calls.ts, called by loop.ts before and after the handlers.
 */
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
  ...(['sethostname', 'setdomainname'] as const),
];

export const calls: readonly SupervisedCall[] = AUDITED.map((name) => ({ name, when: 'audit-calls' }));
