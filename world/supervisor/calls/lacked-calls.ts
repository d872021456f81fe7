/**
 * System calls by path on names that the host's kernel lacks (stand-ins/lacked-names.ts), other than open(2) and those of attr-stat.ts:
 * answered as a kernel with these names answers for a file or a directory of procfs (fs/proc/base.c, fs/proc/proc_sysctl.c).
 *
 * Watches of files in attr that the host has are answered, too (attr-watches.ts).
 *
 * They come last: where no other handler has answered, and where the call is notified for something else, as all of these are by
 * mediation of files. chdir(2) and chroot(2) to such a directory, and mounts there, cannot be made: the host has no such place.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { MAY_WRITE } from '../../../linux/fs.ts';
import { STRUCT_STATFS_SIZE } from '../../../linux/statfs.ts';
import { ABSENT, type SyscallName, type SyscallNumbers } from '../../../linux/syscall-numbers.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { grants, isDirectory, type LackedName, lackedName, modeOf } from '../stand-ins/lacked-names.ts';
import { mark, watch } from './attr-watches.ts';
import { candidate } from './open.ts';

const { EACCES, EEXIST, EFAULT, EINVAL, EISDIR, ENOTDIR, EOPNOTSUPP, EPERM, EXDEV } = ERRNO;
/** chown(2) leaves an id as it is that is given so. */
const UNCHANGED = -1;
const PROC = '/proc';

/** What the call returns, a negative errno included, about a name that is there; `undefined` = the host says what it says. */
type Outcome = (context: WorkerContext, mode: number, name: LackedName) => number | undefined;

interface LackedCall {
  readonly name: SyscallName;
  /** Arguments. */
  readonly path: number;
  readonly dirfd?: number;
  readonly outcome: Outcome;
  /** It is about names in attr that the host has, too. */
  readonly ofAll?: true;
}

const always =
  (errno: number): Outcome =>
  () =>
    -errno;

/** proc_setattr(), proc_sys_setattr(): the mode is fixed, and so is who owns a sysctl. @param argument of the user; the group follows. */
const chown =
  (argument: number): Outcome =>
  ({ call, view }, _mode, { tree }) => {
    if (call.int(argument) === UNCHANGED && call.int(argument + 1) === UNCHANGED) return 0;
    const capabilities = view.credentials(call.tid)?.capabilities ?? 0n;
    return tree === 'attr' && hasCapability(capabilities, CAP.CHOWN) ? 0 : -EPERM;
  };

const setTimes: Outcome = ({ call, view }) =>
  hasCapability(view.credentials(call.tid)?.capabilities ?? 0n, CAP.FOWNER) ? 0 : -EPERM;

const truncate: Outcome = (context, mode) => {
  if (context.call.int(1) < 0 && context.call.high(1) !== 0) return -EINVAL;
  if (isDirectory(mode)) return -EISDIR;
  return grants(context, mode, MAY_WRITE) ? 0 : -EACCES;
};

const statfs: Outcome = ({ call, memory, view }) => {
  const status = rawSyscall(NR.statfs, view.path(PROC), view.resultAddress);
  if (status < 0) return status;
  const room = view.result.subarray(0, STRUCT_STATFS_SIZE);
  return memory.write(call.tid, call.low(1), call.high(1), room) ? 0 : -EFAULT;
};

const none: Outcome = () => 0;
const noDirectory: Outcome = (_context, mode) => (isDirectory(mode) ? undefined : -ENOTDIR);
const unlink: Outcome = (_context, mode) => (isDirectory(mode) ? -EISDIR : -EPERM);
const rmdir: Outcome = (_context, mode) => (isDirectory(mode) ? -EPERM : -ENOTDIR);
const unlinkat: Outcome = (context, mode, name) => (context.call.low(2) === 0 ? unlink : rmdir)(context, mode, name);

/** By path, then with a directory. */
function both(name: SyscallName, at: SyscallName, outcome: (first: number) => Outcome): LackedCall[] {
  return [
    { name, path: 0, outcome: outcome(1) },
    { name: at, dirfd: 0, path: 1, outcome: outcome(2) },
  ];
}

const byPath = (outcome: Outcome, ...names: readonly SyscallName[]): LackedCall[] =>
  names.map((name) => ({ name, path: 0, outcome }));
const byDirectory = (outcome: Outcome, ...names: readonly SyscallName[]): LackedCall[] =>
  names.map((name) => ({ name, dirfd: 0, path: 1, outcome }));

const RENAMES = ['renameat', 'renameat2'] as const;

const LACKED_CALLS: readonly LackedCall[] = [
  ...byPath(noDirectory, 'chdir', 'chroot'),
  ...byPath(always(EPERM), 'chmod'),
  ...byDirectory(always(EPERM), 'fchmodat', 'fchmodat2'),
  ...both('chown', 'fchownat', chown),
  { name: 'lchown', path: 0, outcome: chown(1) },
  ...byPath(setTimes, 'utime', 'utimes'),
  ...byDirectory(setTimes, 'utimensat', 'futimesat'),
  ...byPath(truncate, 'truncate'),
  ...byPath(statfs, 'statfs'),
  ...byPath(always(EOPNOTSUPP), 'getxattr', 'lgetxattr', 'setxattr', 'lsetxattr', 'removexattr', 'lremovexattr'),
  ...byDirectory(always(EOPNOTSUPP), 'getxattrat', 'setxattrat', 'removexattrat'),
  ...byPath(none, 'listxattr', 'llistxattr'),
  ...byDirectory(none, 'listxattrat'),
  { name: 'inotify_add_watch', path: 1, outcome: watch, ofAll: true },
  { name: 'fanotify_mark', dirfd: 3, path: 4, outcome: mark, ofAll: true },
  ...both('mkdir', 'mkdirat', () => always(EEXIST)),
  ...both('mknod', 'mknodat', () => always(EEXIST)),
  { name: 'symlink', path: 1, outcome: always(EEXIST) },
  { name: 'symlinkat', dirfd: 1, path: 2, outcome: always(EEXIST) },
  // link(2) says first that the new name is there.
  { name: 'link', path: 1, outcome: always(EEXIST) },
  { name: 'link', path: 0, outcome: always(EXDEV) },
  { name: 'linkat', dirfd: 2, path: 3, outcome: always(EEXIST) },
  { name: 'linkat', dirfd: 0, path: 1, outcome: always(EXDEV) },
  ...[0, 1].map((path): LackedCall => ({ name: 'rename', path, outcome: always(EXDEV) })),
  ...RENAMES.flatMap((name) =>
    [0, 2].map((at): LackedCall => ({ name, dirfd: at, path: at + 1, outcome: always(EXDEV) })),
  ),
  ...byPath(unlink, 'unlink'),
  ...byPath(rmdir, 'rmdir'),
  ...byDirectory(unlinkat, 'unlinkat'),
  ...byPath(always(EACCES), 'execve'),
  ...byDirectory(always(EACCES), 'execveat'),
];

function answer(context: WorkerContext, { dirfd, path: argument, outcome, ofAll }: LackedCall): void {
  const { call } = context;
  const path = candidate(context, argument);
  if (path === undefined) return;
  const name = lackedName(context, dirfd === undefined ? AT_FDCWD : call.fd(dirfd), path, ofAll);
  const mode = name && modeOf(context, name);
  if (name === undefined || mode === undefined) return;
  const result = mode < 0 ? mode : outcome(context, mode, name);
  if (result === undefined) return;
  if (result < 0) call.fail(-result);
  else call.succeed(result);
}

/** Adds these to the handlers of a worker. @param table by system call number. @param numbers of the machine. */
export function withLackedNames(table: (Handler | undefined)[], numbers: SyscallNumbers): void {
  for (const lacked of LACKED_CALLS) {
    const number = numbers[lacked.name];
    if (number === ABSENT) continue;
    const handle = table[number];
    table[number] = (context) => {
      handle?.(context);
      if (!context.call.answered) answer(context, lacked);
    };
  }
}
