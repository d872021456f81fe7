/**
 * stat, access and readlink of names in /proc/<pid>/attr that the host's kernel does not have (the directories of modules it was built
 * without). Names that the host has are left to it: type, mode and owner are the same.
 */
import { NR } from '../../sys/libc.ts';
import { rawSyscall } from '../../sys/raw-syscall.ts';
import { AT_FDCWD } from '../caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { processStatus } from '../process-status.ts';
import { rejects, targetOf } from './attr-open.ts';

const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC = 0x7ff;
const STATX_SIZE = 256;
/** struct stat of the architecture. */
const STAT_SIZE = process.arch === 'arm64' ? 128 : 144;
const STATX_MODE = 28;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const EACCES = 13;
const EFAULT = 14;
const EINVAL = 22;
const ESRCH = 3;

/** Path in the attr tree, when the name is ours to answer for. Otherwise the call proceeds. */
function ours(context: WorkerContext, argument: number, dirfd: number): string | undefined {
  if (rejects(context, argument)) return undefined;
  const target = targetOf(context, argument, dirfd, 0);
  return target === undefined || context.hostAttrNames.has(target.rest[0] ?? '.') ? undefined : target.path;
}

function statInto(context: WorkerContext, argument: number, dirfd: number, buffer: number, flags: number): void {
  const { call, view, attrRoot, memory } = context;
  const path = ours(context, argument, dirfd);
  if (path === undefined) return;
  const result = rawSyscall(NR.newfstatat, attrRoot, view.path(path), view.resultAddress, flags & AT_SYMLINK_NOFOLLOW);
  if (result < 0) call.fail(-result);
  else if (memory.write(call.tid, call.low(buffer), call.high(buffer), view.result.subarray(0, STAT_SIZE)))
    call.succeed(0);
  else call.fail(EFAULT);
}

export const stat: Handler = (context) => statInto(context, 0, AT_FDCWD, 1, 0);
export const lstat: Handler = (context) => statInto(context, 0, AT_FDCWD, 1, AT_SYMLINK_NOFOLLOW);
export const newfstatat: Handler = (context) => statInto(context, 1, context.call.int(0), 2, context.call.low(3));

export const statx: Handler = (context) => {
  const { call, view, attrRoot, memory } = context;
  const path = ours(context, 1, call.int(0));
  if (path === undefined) return;
  const result = rawSyscall(NR.statx, attrRoot, view.path(path), call.low(2), call.low(3), view.resultAddress);
  if (result < 0) call.fail(-result);
  else if (memory.write(call.tid, call.low(4), call.high(4), view.result.subarray(0, STATX_SIZE))) call.succeed(0);
  else call.fail(EFAULT);
};

/** @returns `st_mode`, or a negative errno. */
function modeOf({ view, attrRoot }: WorkerContext, path: string): number {
  const result = rawSyscall(NR.statx, attrRoot, view.path(path), 0, STATX_BASIC, view.resultAddress);
  return result < 0 ? result : view.resultView.getUint16(STATX_MODE, true);
}

function accessTo(context: WorkerContext, argument: number, dirfd: number, mask: number): void {
  const { call, view } = context;
  const path = ours(context, argument, dirfd);
  if (path === undefined) return;
  const mode = modeOf(context, path);
  const status = processStatus(view, call.tid);
  if (mode < 0 || status === undefined) {
    call.fail(mode < 0 ? -mode : ESRCH);
    return;
  }
  // Owner, group and others have the same bits throughout this tree.
  const executable = (mode & S_IFMT) === S_IFDIR ? 1 : 0;
  const granted = status.fsuid === 0 ? 6 | executable : mode & 7;
  if ((mask & 7 & ~granted) === 0) call.succeed(0);
  else call.fail(EACCES);
}

export const access: Handler = (context) => accessTo(context, 0, AT_FDCWD, context.call.low(1));
export const faccessat: Handler = (context) => accessTo(context, 1, context.call.int(0), context.call.low(2));

function readlinkOf(context: WorkerContext, argument: number, dirfd: number): void {
  const path = ours(context, argument, dirfd);
  if (path === undefined) return;
  const mode = modeOf(context, path);
  context.call.fail(mode < 0 ? -mode : EINVAL);
}

export const readlink: Handler = (context) => readlinkOf(context, 0, AT_FDCWD);
export const readlinkat: Handler = (context) => readlinkOf(context, 1, context.call.int(0));
