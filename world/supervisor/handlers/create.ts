/**
 * System calls that make a file: the modules are asked for its label (new-labels.ts), then the host goes on.
 */
import type { InodeClass } from '../../../lsm/core/inode.ts';
import { AT_FDCWD } from '../caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';

const S_IFMT = 0o170000;
const CLASS_BY_TYPE: ReadonlyMap<number, InodeClass> = new Map([
  [0, 'file'],
  [0o010000, 'fifo_file'],
  [0o020000, 'chr_file'],
  [0o060000, 'blk_file'],
  [0o100000, 'file'],
  [0o140000, 'sock_file'],
]);

/** By far the most frequent target of a shell's redirection. */
const DEV_NULL = '/dev/null';

export function expectFile(context: WorkerContext, dirfd: number, path: number, objectClass: InodeClass): void {
  const { call, files, memory, newLabels } = context;
  if (files.names.size === 0) return;
  const text = memory.readString(call.tid, call.low(path), call.high(path));
  if (typeof text === 'string' && text !== DEV_NULL) newLabels.expectFile(call.tid, dirfd, text, objectClass);
}

const byMode = (mode: number): InodeClass => CLASS_BY_TYPE.get(mode & S_IFMT) ?? 'file';

export const mkdir: Handler = (context) => expectFile(context, AT_FDCWD, 0, 'dir');
export const mkdirat: Handler = (context) => expectFile(context, context.call.int(0), 1, 'dir');
export const mknod: Handler = (context) => expectFile(context, AT_FDCWD, 0, byMode(context.call.low(1)));
export const mknodat: Handler = (context) => expectFile(context, context.call.int(0), 1, byMode(context.call.low(2)));
/** (target, path) */
export const symlink: Handler = (context) => expectFile(context, AT_FDCWD, 1, 'lnk_file');
/** (target, dfd, path) */
export const symlinkat: Handler = (context) => expectFile(context, context.call.int(1), 2, 'lnk_file');
