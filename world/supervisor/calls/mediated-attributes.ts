/**
 * What changes of attributes ask the modules: chmod_common(), chown_common(), vfs_utimes() and do_truncate() of fs/,
 * Linux 6.12. The modules come before the kernel's own check of who owns the file, but after a read-only filesystem.
 */

import { CAP } from '../../../linux/capability.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, isWritable, O_DIRECTORY, O_NOFOLLOW } from '../../../linux/fcntl.ts';
import { MAY_WRITE, UTIME_NOW, UTIME_OMIT } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { ATTR } from '../../../lsm/framework/access/file-access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { callersId } from '../access/caller-ids.ts';
import {
  capabilityCheck,
  credentialsOf,
  descriptorFlags,
  isReadOnly,
  onDescriptor,
  onPath,
  ownerOrCapable,
  type PathArguments,
} from '../access/calls.ts';
import { onStart, startItself } from '../access/empty-paths.ts';
import { permissionChecks } from '../access/inode-permission.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

/** struct timespec times[2] */
const TIMES_SIZE = 32;
const TOUCH = ATTR.ATIME | ATTR.MTIME;
/** S_IALLUGO */
const PERMISSIONS = 0o7777;
const PERMITS = ATTR.MODE | ATTR.UID | ATTR.GID;

/** `start`: of an empty path (empty-paths.ts). */
type Where = PathArguments | { readonly descriptor: CallerFd } | { readonly start: CallerFd };

/** Who may all is not asked, but others may not pass a directory as before. */
function noteWay(context: WorkerContext, where: Where): void {
  const { call, mediator, memory, view } = context;
  if (mediator?.isExempt(call.tid) !== true || !mediator.decides) return;
  const { tid } = call;
  const open = ({ dirfd, follow, path }: PathArguments): number => {
    const text = memory.readString(tid, call.low(path), call.high(path));
    const flags = O_DIRECTORY | (follow ? 0 : O_NOFOLLOW);
    return typeof text === 'string' ? view.resolveForCaller(tid, dirfd, text, flags) : -1;
  };
  const start = (fd: CallerFd): number => view.openStart(tid, fd, false);
  const opened = 'path' in where ? open(where) : start('start' in where ? where.start : where.descriptor);
  if (opened < 0) return;
  if (view.identity(opened)?.directory === true) mediator.known.namesChange(tid);
  view.close(opened);
}

/** @param owners those that the file is to get. */
/** @param mode that the file gets; absent = as it is. */
function set(context: WorkerContext, where: Where, attributes: number, owners?: Owners, mode?: number): void {
  const touches = (attributes & ~TOUCH) === 0 && attributes !== 0;
  if ((attributes & PERMITS) !== 0) noteWay(context, where);
  const all = (file: FileFacts, touched: readonly AccessCheck[]): readonly AccessCheck[] => {
    const way = byPath(file, attributes);
    if (file.inode.class === 'lnk_file' && (attributes & ATTR.MODE) !== 0) return way; // EOPNOTSUPP
    const itself: AccessCheck = { hook: 'inodeSetattr', about: { file, attributes } };
    // Who passes a directory by a capability is asked about it.
    const isSame = mode !== undefined && (file.mode & PERMISSIONS) === (mode & PERMISSIONS);
    if (file.inode.class === 'dir' && (attributes & PERMITS) !== 0 && !isSame)
      context.mediator?.known.namesChange(context.call.tid);
    return [...way, ...touched, itself, ...prepared(context, file, attributes, owners)];
  };
  const most = (file: FileFacts, fd: number): readonly AccessCheck[] =>
    all(file, touches ? (touch(context, file, fd) ?? []) : []);
  const checks = (file: FileFacts, fd: number): readonly AccessCheck[] => {
    if (isReadOnly(context, fd)) return [];
    const touched = touches ? touch(context, file, fd) : [];
    return touched === undefined ? [] : all(file, touched);
  };
  // Its owner needs no permission to touch it.
  const mostOfOpen = (file: FileFacts): readonly AccessCheck[] | undefined =>
    touches && credentialsOf(context)?.fsuid !== file.inode.uid ? undefined : all(file, []);
  if ('descriptor' in where) onDescriptor(context, where.descriptor, checks, false, mostOfOpen);
  else if ('start' in where) onStart(context, where.start, checks, true, mostOfOpen);
  else onPath(context, where, checks, '', most);
}

/** ATTR_TOUCH: the owner, who may act as the owner, or who may write; `undefined` = the kernel refuses by itself. */
function touch(context: WorkerContext, file: FileFacts, fd: number): readonly AccessCheck[] | undefined {
  const owner = ownerOrCapable(context, file);
  if (owner?.length === 0) return [];
  const writable = context.view.permits(context.call.tid, fd, MAY_WRITE) === 0;
  const writes = writable ? permissionChecks(context, file, fd, MAY_WRITE) : undefined;
  if (owner === undefined) return writes;
  const instead = writes === undefined ? ({ refusal: 'EACCES' } as const) : { otherwise: writes };
  return owner.map((check) => ({ ...check, ...instead }));
}

/** -1 = stays. */
interface Owners {
  readonly uid: number;
  readonly gid: number;
}

/** The capabilities that setattr_prepare() wants of those whose file it is not. */
function prepared(
  context: WorkerContext,
  file: FileFacts,
  attributes: number,
  owners: Owners | undefined,
): readonly AccessCheck[] {
  const { MODE, TIMES_SET } = ATTR;
  const credentials = credentialsOf(context);
  if (credentials === undefined) return [];
  if (owners === undefined) return (attributes & (MODE | TIMES_SET)) === 0 ? [] : (ownerOrCapable(context, file) ?? []);
  const { uid, gid } = file.inode;
  const owns = credentials.fsuid === uid;
  const keepsUid = owners.uid === -1 || (owns && owners.uid === uid);
  const own = owners.gid === gid || owners.gid === credentials.fsgid || credentials.groups.includes(owners.gid);
  const keepsGid = owners.gid === -1 || (owns && own);
  return keepsUid && keepsGid ? [] : capabilityCheck(context, CAP.CHOWN);
}

/** chmod_common() and chown_common() ask by path, too. */
function byPath(file: FileFacts, attributes: number): AccessCheck[] {
  if ((attributes & ATTR.MODE) !== 0) return [{ hook: 'pathChmod', about: { file } }];
  return (attributes & ~TOUCH & ~ATTR.TIMES_SET) !== 0 || attributes === 0
    ? [{ hook: 'pathChown', about: { file } }]
    : [];
}

function place(context: WorkerContext, path: number, flags: number): Where {
  const start = startItself(context, path, flags);
  if (start !== undefined) return { start };
  return { dirfd: context.call.fd(path - 1), path, follow: (flags & AT_SYMLINK_NOFOLLOW) === 0 };
}

const first: PathArguments = { dirfd: AT_FDCWD, path: 0, follow: true };

/** @param argument number of that with the mode. */
const permit = (context: WorkerContext, where: Where, argument: number): void =>
  set(context, where, ATTR.MODE, undefined, context.call.low(argument));

const chmod: Handler = (context) => permit(context, first, 1);
const fchmodat: Handler = (context) => permit(context, place(context, 1, 0), 2);
const fchmodat2: Handler = (context) => permit(context, place(context, 1, context.call.low(3)), 2);
const fchmod: Handler = (context) => permit(context, { descriptor: context.call.fd(0) }, 1);

/** @param argument number of that with the user; that of the group follows. An id that is not mapped is EINVAL before all modules. */
function own(context: WorkerContext, where: Where, argument: number): void {
  const { call } = context;
  const here = (kind: 'uid' | 'gid', id: number): number | undefined => (id === -1 ? id : callersId(context, kind, id));
  const [uid, gid] = [here('uid', call.int(argument)), here('gid', call.int(argument + 1))];
  if (uid === undefined || gid === undefined) return;
  set(context, where, (uid === -1 ? 0 : ATTR.UID) | (gid === -1 ? 0 : ATTR.GID), { uid, gid });
}

const chown: Handler = (context) => own(context, first, 1);
const lchown: Handler = (context) => own(context, { ...first, follow: false }, 1);
const fchownat: Handler = (context) => own(context, place(context, 1, context.call.low(4)), 2);
const fchown: Handler = (context) => own(context, { descriptor: context.call.fd(0) }, 1);

const utime: Handler = (context) => set(context, first, context.call.isNull(1) ? TOUCH : TOUCH | ATTR.TIMES_SET);
const utimes: Handler = (context) => utime(context);
const futimesat: Handler = (context) => {
  const attributes = context.call.isNull(2) ? TOUCH : TOUCH | ATTR.TIMES_SET;
  const byDescriptor = context.call.isNull(1);
  set(context, byDescriptor ? { descriptor: context.call.fd(0) } : place(context, 1, 0), attributes);
};
/** (dirfd, path or NULL, times or NULL, flags) */
const utimensat: Handler = (context) => {
  const { call, memory } = context;
  let attributes: number = TOUCH;
  if (!call.isNull(2)) {
    if (memory.read(call.tid, call.low(2), call.high(2), TIMES_SIZE) < TIMES_SIZE) return;
    const times = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, TIMES_SIZE);
    const nanoseconds = [times.getUint32(8, true), times.getUint32(24, true)];
    if (nanoseconds.every((value) => value === UTIME_OMIT)) return;
    if (!nanoseconds.every((value) => value === UTIME_NOW)) attributes |= ATTR.TIMES_SET;
  }
  const byDescriptor = call.isNull(1);
  set(context, byDescriptor ? { descriptor: call.fd(0) } : place(context, 1, call.low(3)), attributes);
};

const truncate: Handler = (context) =>
  onPath(context, first, (file, fd) => {
    const negative = context.call.high(1) >= 0x80000000;
    if (negative || file.inode.class !== 'file' || context.view.permits(context.call.tid, fd, MAY_WRITE) < 0) return [];
    return [
      ...permissionChecks(context, file, fd, MAY_WRITE),
      { hook: 'pathTruncate', about: { file } },
      { hook: 'inodeSetattr', about: { file, attributes: ATTR.SIZE } },
    ];
  });
const ftruncate: Handler = (context) => {
  const flags = descriptorFlags(context, context.call.fd(0));
  if (flags < 0 || !isWritable(flags)) return;
  onDescriptor(context, context.call.fd(0), (file) =>
    file.inode.class === 'file'
      ? [
          { hook: 'pathTruncate', about: { file } },
          { hook: 'inodeSetattr', about: { file, attributes: ATTR.SIZE | ATTR.FILE } },
        ]
      : [],
  );
};

export const calls = always('mediate-files', {
  chmod,
  fchmodat,
  fchmodat2,
  fchmod,
  chown,
  lchown,
  fchownat,
  fchown,
  utime,
  utimes,
  futimesat,
  utimensat,
  truncate,
  ftruncate,
});
