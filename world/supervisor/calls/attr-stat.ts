/**
 * stat, access and readlink of names that the host's kernel lacks (stand-ins/lacked-names.ts).
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { bytesOf } from '../../../linux/bytes.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { STRUCT_STATX_SIZE } from '../../../linux/stat.ts';
import { isDescriptorLink } from '../caller/proc-path.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { grants, type LackedName, lackedName, modeOf } from '../stand-ins/lacked-names.ts';
import { openedName } from '../stand-ins/opened-names.ts';
import { candidate } from './open.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

/** struct stat of the architecture. */
const STAT_SIZE = process.arch === 'arm64' ? 128 : 144;
const { EACCES, EFAULT, EINVAL, ESRCH } = ERRNO;

/** The name in the emulated tree; `undefined` = the host has it, and the kernel continues. */
function ours(context: WorkerContext, argument: number, dirfd: CallerFd): LackedName | undefined {
  const path = candidate(context, argument);
  return path === undefined ? undefined : lackedName(context, dirfd, path);
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
  if (grants(context, mode, mask)) call.succeed(0);
  else call.fail(EACCES);
}

const access: Handler = (context) => accessTo(context, 0, AT_FDCWD, context.call.low(1));
const faccessat: Handler = (context) => accessTo(context, 1, context.call.fd(0), context.call.low(2));

function readlinkOf(context: WorkerContext, argument: number, dirfd: CallerFd): void {
  const path = candidate(context, argument);
  if (path === undefined) return;
  if (isDescriptorLink(path)) {
    const name = openedName(context, dirfd, path);
    if (name !== undefined) give(context, name, argument + 1);
    return;
  }
  const found = lackedName(context, dirfd, path);
  if (found === undefined) return;
  const mode = modeOf(context, found);
  context.call.fail(mode < 0 ? -mode : EINVAL);
}

/** @param argument of the buffer; its size follows. */
function give({ call, memory }: WorkerContext, text: string, argument: number): void {
  const size = call.int(argument + 1);
  const bytes = bytesOf(text).subarray(0, Math.max(size, 0));
  if (size <= 0) call.fail(EINVAL);
  else if (memory.write(call.tid, call.low(argument), call.high(argument), bytes)) call.succeed(bytes.length);
  else call.fail(EFAULT);
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
