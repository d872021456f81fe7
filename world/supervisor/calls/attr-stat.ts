/**
 * stat, access and readlink of names in /proc/<pid>/attr and /proc/sys that the host's kernel lacks, because it was built
 * without the module. Names that the host has are left to it: type, mode and owner are the same.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { S_IFDIR, S_IFMT, STATX_BASIC_STATS, STRUCT_STATX_SIZE, STX } from '../../../linux/stat.ts';
import { nameOnBehalf } from '../../kernel-files/on-behalf.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { standInRoot } from '../stand-ins/stand-in.ts';
import { candidate } from './open.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

/** struct stat of the architecture. */
const STAT_SIZE = process.arch === 'arm64' ? 128 : 144;
const { EACCES, EFAULT, EINVAL, ESRCH } = ERRNO;

/** A name in a tree of ours. */
interface Ours {
  readonly root: number;
  readonly path: string;
}

/** The name in the emulated tree; `undefined` = the host has it, and the kernel continues. */
function ours(context: WorkerContext, argument: number, dirfd: CallerFd): Ours | undefined {
  const path = candidate(context, argument);
  if (path === undefined) return undefined;
  const target = context.locator.locate({ tid: context.call.tid, dirfd, path, resolve: 0 });
  if (target === undefined) return addedSysctl(context, path, dirfd);
  return context.hostAttrNames.has(target.rest[0] ?? '.') ? undefined : { root: context.attrRoot, path: target.path };
}

function addedSysctl(context: WorkerContext, path: string, dirfd: CallerFd): Ours | undefined {
  const { sysctlLocator, call } = context;
  if (sysctlLocator.words.size === 0) return undefined;
  const names = sysctlLocator.locate({ tid: call.tid, dirfd, path, resolve: 0 });
  const root = names && standInRoot(context);
  return names === undefined || root === undefined
    ? undefined
    : { root, path: nameOnBehalf(call.tid, { tree: 'sys', path: names }) };
}

function statInto(context: WorkerContext, argument: number, dirfd: CallerFd, buffer: number, flags: number): void {
  const { call, view, memory } = context;
  const found = ours(context, argument, dirfd);
  if (found === undefined) return;
  const { root, path } = found;
  const result = rawSyscall(NR.newfstatat, root, view.path(path), view.resultAddress, flags & AT_SYMLINK_NOFOLLOW);
  if (result < 0) call.fail(-result);
  else if (memory.write(call.tid, call.low(buffer), call.high(buffer), view.result.subarray(0, STAT_SIZE)))
    call.succeed(0);
  else call.fail(EFAULT);
}

const stat: Handler = (context) => statInto(context, 0, AT_FDCWD, 1, 0);
const lstat: Handler = (context) => statInto(context, 0, AT_FDCWD, 1, AT_SYMLINK_NOFOLLOW);
const newfstatat: Handler = (context) => statInto(context, 1, context.call.fd(0), 2, context.call.low(3));

const statx: Handler = (context) => {
  const { call, view, memory } = context;
  const found = ours(context, 1, call.fd(0));
  if (found === undefined) return;
  const result = rawSyscall(NR.statx, found.root, view.path(found.path), call.low(2), call.low(3), view.resultAddress);
  if (result < 0) call.fail(-result);
  else if (memory.write(call.tid, call.low(4), call.high(4), view.result.subarray(0, STRUCT_STATX_SIZE)))
    call.succeed(0);
  else call.fail(EFAULT);
};

/** @returns `st_mode`, or a negative errno. */
function modeOf({ view }: WorkerContext, { root, path }: Ours): number {
  const result = rawSyscall(NR.statx, root, view.path(path), 0, STATX_BASIC_STATS, view.resultAddress);
  return result < 0 ? result : view.resultView.getUint16(STX.MODE, true);
}

function accessTo(context: WorkerContext, argument: number, dirfd: CallerFd, mask: number): void {
  const { call, view } = context;
  const found = ours(context, argument, dirfd);
  if (found === undefined) return;
  const mode = modeOf(context, found);
  const status = view.status(call.tid);
  if (mode < 0 || status === undefined) {
    call.fail(mode < 0 ? -mode : ESRCH);
    return;
  }
  // Owned by root throughout; group and others have the same bits.
  const executable = (mode & S_IFMT) === S_IFDIR ? 1 : 0;
  const granted = status.fsuid === 0 ? 6 | executable : mode & 7;
  if ((mask & 7 & ~granted) === 0) call.succeed(0);
  else call.fail(EACCES);
}

const access: Handler = (context) => accessTo(context, 0, AT_FDCWD, context.call.low(1));
const faccessat: Handler = (context) => accessTo(context, 1, context.call.fd(0), context.call.low(2));

function readlinkOf(context: WorkerContext, argument: number, dirfd: CallerFd): void {
  const found = ours(context, argument, dirfd);
  if (found === undefined) return;
  const mode = modeOf(context, found);
  context.call.fail(mode < 0 ? -mode : EINVAL);
}

const readlink: Handler = (context) => readlinkOf(context, 0, AT_FDCWD);
const readlinkat: Handler = (context) => readlinkOf(context, 1, context.call.fd(0));

/** No descriptor of a file: a path, unless it is empty. */
const byPath = (argument: number): readonly ArgumentTest[] => [{ argument, lacks: AT_EMPTY_PATH }];
const followed: readonly ArgumentTest[] = [{ argument: 3, lacks: AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW }];

export const calls: readonly SupervisedCall[] = [
  ...always('attr-stat', { stat, access, faccessat }),
  { name: 'newfstatat', when: 'attr-stat', rule: followed, handle: newfstatat },
  { name: 'statx', when: 'attr-stat', rule: byPath(2), handle: statx },
  { name: 'faccessat2', when: 'attr-stat', rule: byPath(3), handle: faccessat },
  { name: 'newfstatat', when: 'attr-lstat', rule: byPath(3), handle: newfstatat },
  ...always('attr-lstat', { lstat, readlink, readlinkat }),
];
