/**
 * System calls that make a file: the modules are asked for its label (new-labels.ts), then the host goes on.
 */

import { latin1 } from '../../../host/memory/remote-memory.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_NOFOLLOW, O_TMPFILE } from '../../../linux/fcntl.ts';
import { MAXSYMLINKS, RENAME_WHITEOUT } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { AF_UNIX, SOCKADDR_UN_SIZE, SUN_PATH } from '../../../linux/socket.ts';
import { S_IFMT } from '../../../linux/stat.ts';
import type { InodeClass } from '../../../lsm/framework/files/inode.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

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

/** `path`: argument of the system call. @param links that it may follow in the last place. @returns the path, if it was read. */
function expectFile(
  context: WorkerContext,
  dirfd: CallerFd,
  path: number,
  objectClass: InodeClass,
  links = 0,
): string | undefined {
  const { call, labelsFiles, memory, newLabels } = context;
  if (!labelsFiles) return undefined;
  const text = memory.readString(call.tid, call.low(path), call.high(path));
  if (typeof text !== 'string') return undefined;
  if (text !== DEV_NULL) newLabels.expectFile(call.tid, dirfd, text, objectClass, links);
  return text;
}

/** An open(2) with these flags may make a file. @returns the path, if it was read. */
export function expectOpened(context: WorkerContext, dirfd: CallerFd, path: number, flags: number): string | undefined {
  if ((flags & O_TMPFILE) === O_TMPFILE) expectUnnamed(context, dirfd, path);
  else if ((flags & O_CREAT) !== 0)
    return expectFile(context, dirfd, path, 'file', (flags & (O_EXCL | O_NOFOLLOW)) === 0 ? MAXSYMLINKS : 0);
  return undefined;
}

function expectUnnamed({ call, labelsFiles, memory, newLabels }: WorkerContext, dirfd: CallerFd, path: number): void {
  if (!labelsFiles) return;
  const text = memory.readString(call.tid, call.low(path), call.high(path));
  if (typeof text === 'string') newLabels.expectUnnamed(call.tid, dirfd, text);
}

/** Paths that may be that of a terminal multiplexer. */
export const MULTIPLEXER = /(?:^|\/)ptmx$/;

/** (fd, struct sockaddr *, length): a UNIX socket gets a file, unless its name is abstract (unix_bind_bsd). */
export const bind: Handler = ({ call, labelsFiles, memory, newLabels }) => {
  if (!labelsFiles) return;
  const size = memory.read(call.tid, call.low(1), call.high(1), Math.min(call.low(2), SOCKADDR_UN_SIZE));
  if (size <= SUN_PATH || new DataView(memory.bytes.buffer, memory.bytes.byteOffset).getUint16(0, true) !== AF_UNIX)
    return;
  const [path = ''] = latin1(memory.bytes.subarray(SUN_PATH), size - SUN_PATH).split('\0');
  if (path !== '') newLabels.expectFile(call.tid, AT_FDCWD, path, 'sock_file');
};

const byMode = (mode: number): InodeClass => nodeClass(mode) ?? 'file';

/** Of what mknod(2) makes; `undefined` = it makes no such thing. @param mode its argument, in which no type means a regular file. */
export const nodeClass = (mode: number): InodeClass | undefined => CLASS_BY_TYPE.get(mode & S_IFMT);

const mkdir: Handler = (context) => void expectFile(context, AT_FDCWD, 0, 'dir');
const mkdirat: Handler = (context) => void expectFile(context, context.call.fd(0), 1, 'dir');
const mknod: Handler = (context) => void expectFile(context, AT_FDCWD, 0, byMode(context.call.low(1)));
const mknodat: Handler = (context) => void expectFile(context, context.call.fd(0), 1, byMode(context.call.low(2)));
/** (old dfd, old path, new dfd, new path, flags): what is moved may leave a whiteout. */
const renameat2: Handler = ({ call, labelsFiles, memory, newLabels }) => {
  if (!labelsFiles || (call.low(4) & RENAME_WHITEOUT) === 0) return;
  const text = memory.readString(call.tid, call.low(1), call.high(1));
  if (typeof text === 'string') newLabels.expectWhiteout(call.tid, call.fd(0), text);
};
/** (target, path) */
const symlink: Handler = (context) => void expectFile(context, AT_FDCWD, 1, 'lnk_file');
/** (target, dfd, path) */
const symlinkat: Handler = (context) => void expectFile(context, context.call.fd(1), 2, 'lnk_file');

export const calls: readonly SupervisedCall[] = [
  ...always('file-labels', { mkdir, mkdirat, mknod, mknodat, symlink, symlinkat }),
  { name: 'renameat2', when: 'file-labels', rule: [{ argument: 4, has: RENAME_WHITEOUT }], handle: renameat2 },
  { name: 'linkat', when: 'file-labels' }, // gives a file without a name one; then it must have its label
];
