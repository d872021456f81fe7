/**
 * What making, removing, linking and renaming ask the modules: may_create(), may_delete(), vfs_link() and vfs_rename()
 * of fs/namei.c, Linux 6.12.
 */

import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW } from '../../../linux/fcntl.ts';
import { MAY_EXEC, MAY_WRITE, RENAME_EXCHANGE, RENAME_NOREPLACE } from '../../../linux/fs.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import type { AccessCheck, AccessHook } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeClass } from '../../../lsm/framework/files/inode.ts';
import { capabilityCheck, isReadOnly, isStuck, type PathArguments, refuse, walk } from '../access/calls.ts';
import {
  fileAt,
  foreseen,
  foreseenNext,
  type NameArguments,
  type NewPlace,
  openPlace,
  wayOf,
} from '../access/foreseen.ts';
import { foreseenMove, type WaysOfMove } from '../access/foreseen-move.ts';
import { linkableChecks, permissionChecks } from '../access/inode-permission.ts';
import { isSamePlace, type Walked } from '../access/walk.ts';
import type { OpenPlace } from '../caller/call-places.ts';
import { type FileStamp, stampOf } from '../caller/file-stamp.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { NamedPlace } from '../protocol/removed-places.ts';
import { nodeClass } from './create.ts';
import { always } from './supervised-call.ts';

const { EAGAIN, ENOENT } = ERRNO;

type Creation = Extract<AccessHook, 'inodeCreate' | 'inodeMkdir' | 'inodeMknod' | 'inodeSymlink'>;

const PATH_HOOKS = {
  inodeCreate: 'pathMknod',
  inodeMkdir: 'pathMkdir',
  inodeMknod: 'pathMknod',
  inodeSymlink: 'pathSymlink',
} as const;

/** @param fd a descriptor of ours. */
const inDirectory = (context: WorkerContext, directory: FileFacts, fd: number): readonly AccessCheck[] =>
  permissionChecks(context, directory, fd, MAY_WRITE | MAY_EXEC);

/** Does the kernel itself permit the caller to change the entries of the directory? */
function changeable({ call, view }: WorkerContext, parent: number): boolean {
  return parent >= 0 && view.permits(call.tid, parent, MAY_WRITE | MAY_EXEC) === 0;
}

function create(context: WorkerContext, dirfd: CallerFd, path: number, hook: Creation, objectClass: InodeClass): void {
  if (hook === 'inodeMkdir' || hook === 'inodeSymlink') makesWay(context, { dirfd, path });
  const all = (place: NewPlace): readonly AccessCheck[] | undefined =>
    isDevice(objectClass) ? undefined : allOfCreation(context, place, hook, objectClass).flat();
  const way = foreseen(context, { dirfd, path }, all, () => true);
  if (way === 'granted') return;
  const walked = walk(context, { dirfd, path, follow: false });
  if (walked === undefined) return;
  const checks = creation(context, walked, hook, objectClass);
  const known = wayOf(context, way, walked);
  walked.close();
  refuse(context, checks, known);
  foreseenNext(context, { dirfd, path }, all);
}

const isDevice = (objectClass: InodeClass): boolean => objectClass === 'chr_file' || objectClass === 'blk_file';

/** What is asked where the kernel permits all, but for capabilities. */
function allOfCreation(
  context: WorkerContext,
  { directory, name, fd }: NewPlace,
  hook: Creation,
  objectClass: InodeClass,
): readonly [byPath: AccessCheck, permission: readonly AccessCheck[], itself: AccessCheck] {
  const about = { directory, made: { class: objectClass, name } };
  return [{ hook: PATH_HOOKS[hook], about }, inDirectory(context, directory, fd), { hook, about }];
}

/** Checks of a call that makes a new name. */
export function creation(
  context: WorkerContext,
  { checks: way, directory, name, file, parent, slash }: Walked,
  hook: Creation,
  objectClass: InodeClass,
): readonly AccessCheck[] {
  const possible = file === -ENOENT && name !== '' && (!slash || objectClass === 'dir');
  // In procfs looking up what is not there is an error by itself.
  const isAsked = possible && directory !== undefined && directory.inode.filesystem.type !== 'proc';
  if (!isAsked || isReadOnly(context, parent)) return way;
  const place = { directory, name, fd: parent };
  const [byPath, permission, itself] = allOfCreation(context, place, hook, objectClass);
  if (!changeable(context, parent)) return [...way, byPath];
  const may = isDevice(objectClass) ? capabilityCheck(context, CAP.MKNOD) : [];
  const mayNot = isDevice(objectClass) && may.length === 0;
  return mayNot ? [...way, byPath, ...permission] : [...way, byPath, ...permission, ...may, itself];
}

/** To be called before a directory or link is made, by which paths may lead elsewhere. */
function makesWay(context: WorkerContext, argument: NameArguments): void {
  const { call, mediator } = context;
  if (mediator?.known.lacksWays !== true) return;
  const place = openPlace(context, argument);
  mediator.known.makes(call.tid, place && placeIn(place.stamp, place.name));
}

const placeIn = ({ born, device, ino }: FileStamp, name: string): NamedPlace => ({
  born,
  device,
  ino: Number(ino),
  name,
});

function makeNode(context: WorkerContext, dirfd: CallerFd, path: number, mode: number): void {
  const objectClass = nodeClass(mode);
  if (objectClass === undefined) return; // EPERM, EINVAL
  create(context, dirfd, path, objectClass === 'file' ? 'inodeCreate' : 'inodeMknod', objectClass);
}

const mkdir: Handler = (context) => create(context, AT_FDCWD, 0, 'inodeMkdir', 'dir');
const mkdirat: Handler = (context) => create(context, context.call.fd(0), 1, 'inodeMkdir', 'dir');
const mknod: Handler = (context) => makeNode(context, AT_FDCWD, 0, context.call.low(1));
const mknodat: Handler = (context) => makeNode(context, context.call.fd(0), 1, context.call.low(2));
/** (target, path) */
const symlink: Handler = (context) => create(context, AT_FDCWD, 1, 'inodeSymlink', 'lnk_file');
/** (target, dfd, path) */
const symlinkat: Handler = (context) => create(context, context.call.fd(1), 2, 'inodeSymlink', 'lnk_file');

function remove(context: WorkerContext, dirfd: CallerFd, path: number, hook: 'inodeUnlink' | 'inodeRmdir'): void {
  let isTimed = false;
  const all = (place: NewPlace): readonly AccessCheck[] | undefined =>
    allOfRemoval(context, place, hook, (found) => {
      isTimed = stampOf(context.view, found)?.born !== undefined;
    });
  const way = foreseen(context, { dirfd, path }, all);
  if (way === 'granted') {
    if (hook === 'inodeRmdir') removesWay(context, openPlace(context, { dirfd, path }), isTimed);
    return;
  }
  const walked = walk(context, { dirfd, path, follow: false });
  if (walked === undefined) return;
  const { directory, file, parent, slash } = walked;
  const checks = [...walked.checks];
  const seen =
    file < 0 || (slash && hook === 'inodeUnlink') ? undefined : context.mediator?.look(file, context.call.tid);
  if (seen !== undefined && parent >= 0 && !isReadOnly(context, parent))
    checks.push({ hook: hook === 'inodeRmdir' ? 'pathRmdir' : 'pathUnlink', about: { file: seen } });
  if (seen !== undefined && directory !== undefined && changeable(context, parent)) {
    checks.push(...inDirectory(context, directory, parent));
    const fits = (seen.inode.class === 'dir') === (hook === 'inodeRmdir'); // else ENOTDIR, EISDIR
    if (fits && !isStuck(context, directory, seen)) checks.push({ hook, about: { directory, file: seen } });
  }
  const known = wayOf(context, way, walked);
  const stamp = parent < 0 ? undefined : stampOf(context.view, parent);
  isTimed = file >= 0 && stampOf(context.view, file)?.born !== undefined;
  walked.close();
  refuse(context, checks, known); // before anything changes: what is known of the way is remembered
  foreseenNext(context, { dirfd, path }, all);
  if (hook === 'inodeRmdir' || seen?.inode.class === 'lnk_file')
    removesWay(context, stamp && { stamp, name: walked.name }, isTimed);
}

/** To be called before a directory or link is removed. @param isTimed its filesystem tells when it was made. */
function removesWay(
  { call, mediator }: WorkerContext,
  place: Pick<OpenPlace, 'name' | 'stamp'> | undefined,
  isTimed: boolean,
): void {
  mediator?.known.removes(call.tid, place && isTimed ? placeIn(place.stamp, place.name) : undefined);
}

/** Of a file that is no link: what is asked where the kernel permits all. @param found told a descriptor of ours of it. */
function allOfRemoval(
  context: WorkerContext,
  place: NewPlace,
  hook: 'inodeUnlink' | 'inodeRmdir',
  found: (file: number) => void,
): readonly AccessCheck[] | undefined {
  return fileAt(context, place, (file, fd) => {
    if ((file.inode.class === 'dir') !== (hook === 'inodeRmdir')) return undefined;
    found(fd);
    return [
      { hook: hook === 'inodeRmdir' ? 'pathRmdir' : 'pathUnlink', about: { file } },
      ...inDirectory(context, place.directory, place.fd),
      { hook, about: { directory: place.directory, file } },
    ];
  });
}

const unlink: Handler = (context) => remove(context, AT_FDCWD, 0, 'inodeUnlink');
const rmdir: Handler = (context) => remove(context, AT_FDCWD, 0, 'inodeRmdir');
const unlinkat: Handler = (context) => {
  const { call } = context;
  remove(context, call.fd(0), 1, (call.low(2) & AT_REMOVEDIR) === 0 ? 'inodeUnlink' : 'inodeRmdir');
};

interface TwoPaths {
  readonly from: readonly [dirfd: CallerFd, path: number];
  readonly to: readonly [dirfd: CallerFd, path: number];
  readonly flags: number;
}

function both(
  context: WorkerContext,
  { from, to }: TwoPaths,
  how: Omit<PathArguments, 'dirfd' | 'path'>,
): [Walked, Walked] | undefined {
  const source = walk(context, { dirfd: from[0], path: from[1], ...how });
  if (source === undefined) return undefined;
  const target = walk(context, { dirfd: to[0], path: to[1], follow: false });
  if (target !== undefined) return [source, target];
  source.close();
  return undefined;
}

/** The capability to give a name to what was opened with other credentials is not asked for: who opened it so is not known. */
function linkTo(context: WorkerContext, paths: TwoPaths): void {
  const { flags } = paths;
  if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) !== 0) return; // EINVAL
  const walked = both(context, paths, {
    follow: (flags & AT_SYMLINK_FOLLOW) !== 0,
    takesEmpty: (flags & AT_EMPTY_PATH) !== 0,
  });
  if (walked === undefined) return;
  const [source, target] = walked;
  const seen = source.file < 0 ? undefined : context.mediator?.look(source.file, context.call.tid);
  const isNone = source.file < 0 || (source.slash && seen !== undefined && seen.inode.class !== 'dir'); // ENOENT, ENOTDIR
  const checks = [...source.checks, ...(isNone ? [] : target.checks)];
  const { directory } = target;
  const mayBe = !isNone && target.file === -ENOENT && !target.slash; // EEXIST, ENOENT
  const possible = mayBe && seen?.device === directory?.device; // EXDEV
  const linkable = possible && seen !== undefined ? linkableChecks(context, seen, source.file) : undefined;
  if (linkable !== undefined && seen !== undefined && directory !== undefined) {
    checks.push(...linkable, { hook: 'pathLink', about: { file: seen, directory, name: target.name } });
    if (changeable(context, target.parent)) {
      checks.push(...inDirectory(context, directory, target.parent));
      if (seen.inode.class !== 'dir') checks.push({ hook: 'inodeLink', about: { directory, file: seen } });
    }
  }
  if (seen?.inode.class === 'lnk_file') makesWay(context, { dirfd: paths.to[0], path: paths.to[1] });
  source.close();
  target.close();
  refuse(context, checks);
}

const link: Handler = (context) => linkTo(context, { from: [AT_FDCWD, 0], to: [AT_FDCWD, 1], flags: 0 });
const linkat: Handler = (context) => {
  const { call } = context;
  linkTo(context, { from: [call.fd(0), 1], to: [call.fd(2), 3], flags: call.low(4) });
};

function move(context: WorkerContext, paths: TwoPaths): void {
  const ways = foreseenWays(context, paths);
  if (ways === 'granted') return;
  const walked = both(context, paths, { follow: false });
  if (walked === undefined) return;
  const [source, target] = walked;
  const checks = [...source.checks];
  // Else the call ends with that error, before the second path.
  const isThere = source.file >= 0 || source.file === -EAGAIN || source.directory !== undefined;
  if (isThere) checks.push(...target.checks, ...moveChecks(context, source, target, paths.flags));
  const leadsOn = (fd: number): boolean => {
    const identity = fd < 0 ? undefined : context.view.identity(fd);
    return identity?.directory === true || identity?.link === true;
  };
  if (leadsOn(source.file) || leadsOn(target.file)) context.mediator?.known.namesChange(context.call.tid);
  const known = [wayOf(context, ways.from, source), wayOf(context, ways.to, target)];
  source.close();
  target.close();
  refuse(context, checks, ...known);
}

/** Of a file that gets another name, which may have been another file's. */
function foreseenWays(context: WorkerContext, { from, to, flags }: TwoPaths): 'granted' | WaysOfMove {
  if ((flags & ~RENAME_NOREPLACE) !== 0) return {};
  const [source, target] = [from, to].map(([dirfd, path]) => ({ dirfd, path })) as [NameArguments, NameArguments];
  return foreseenMove(context, source, target, {
    source: ({ directory, fd }) => inDirectory(context, directory, fd),
    move: ({ directory, file, target: { directory: newDirectory, fd, name: newName }, replaced }) => [
      { hook: 'pathRename', about: { file, newDirectory, newName } },
      ...inDirectory(context, newDirectory, fd),
      rename(directory, file, newDirectory, newName, replaced),
    ],
  });
}

function moveChecks(context: WorkerContext, source: Walked, target: Walked, flags: number): AccessCheck[] {
  const { call, mediator } = context;
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  const file = source.file < 0 ? undefined : mediator?.look(source.file, call.tid);
  const replaced = target.file < 0 ? undefined : mediator?.look(target.file, call.tid);
  const { directory } = source;
  const newDirectory = target.directory;
  if (file === undefined || directory === undefined || newDirectory === undefined || target.name === '') return [];
  if (target.file < 0 && (target.file !== -ENOENT || exchange)) return [];
  if (replaced !== undefined && (flags & RENAME_NOREPLACE) !== 0) return []; // EEXIST
  if (file.inode.class !== 'dir' && (source.slash || (target.slash && !exchange))) return []; // ENOTDIR
  if (exchange && replaced?.inode.class !== 'dir' && target.slash) return []; // the same
  if (directory.device !== newDirectory.device || isReadOnly(context, source.parent)) return [];
  const holds = (above: FileFacts | undefined, below: FileFacts): boolean =>
    above?.inode.class === 'dir' && `${below.path}/`.startsWith(`${above.path}/`);
  if (holds(file, newDirectory) || holds(replaced, directory)) return []; // EINVAL, ENOTEMPTY
  const exchanged = exchange && replaced !== undefined ? { exchanged: replaced } : {};
  const about = { file, newDirectory, newName: target.name, ...exchanged };
  const checks: AccessCheck[] = [{ hook: 'pathRename', about }];
  if (replaced !== undefined && isSame(file, replaced)) return checks; // vfs_rename() has nothing to do
  if (!changeable(context, source.parent)) return checks;
  checks.push(...inDirectory(context, directory, source.parent));
  const mayPut = isSamePlace(context.view, source.parent, target.parent) || changeable(context, target.parent);
  if (isStuck(context, directory, file) || !mayPut) return checks;
  checks.push(...inDirectory(context, newDirectory, target.parent));
  if (replaced !== undefined && isStuck(context, newDirectory, replaced)) return checks;
  const isDirectory = (seen: FileFacts): boolean => seen.inode.class === 'dir';
  if (replaced !== undefined && !exchange && isDirectory(file) !== isDirectory(replaced)) return checks;
  const parted = !isSame(directory, newDirectory);
  const flipped = (seen: FileFacts, fd: number): AccessCheck[] =>
    parted && isDirectory(seen) ? permissionChecks(context, seen, fd, MAY_WRITE) : [];
  checks.push(...flipped(file, source.file));
  if (exchange && replaced !== undefined) checks.push(...flipped(replaced, target.file));
  if (exchange && replaced !== undefined) checks.push(rename(newDirectory, replaced, directory, source.name, file));
  checks.push(rename(directory, file, newDirectory, target.name, replaced));
  return checks;
}

const rename = (
  directory: FileFacts,
  file: FileFacts,
  newDirectory: FileFacts,
  newName: string,
  target?: FileFacts,
): AccessCheck => ({
  hook: 'inodeRename',
  about: { directory, file, newDirectory, newName, ...(target && { target }) },
});

function isSame(one: FileFacts, other: FileFacts): boolean {
  return one.inode.ino === other.inode.ino && one.device === other.device;
}

const renaming = (context: WorkerContext, flags: number): void => {
  const { call } = context;
  move(context, { from: [call.fd(0), 1], to: [call.fd(2), 3], flags });
};
const renameCall: Handler = (context) => move(context, { from: [AT_FDCWD, 0], to: [AT_FDCWD, 1], flags: 0 });
const renameat: Handler = (context) => renaming(context, 0);
const renameat2: Handler = (context) => renaming(context, context.call.low(4));

export const calls = always('mediate-files', {
  mkdir,
  mkdirat,
  mknod,
  mknodat,
  symlink,
  symlinkat,
  unlink,
  rmdir,
  unlinkat,
  link,
  linkat,
  rename: renameCall,
  renameat,
  renameat2,
});
