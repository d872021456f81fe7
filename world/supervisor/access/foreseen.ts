/**
 * Calls on names that nobody needs to be asked about, though the names are new: programs make and open many files in one directory.
 *
 * Model: if the modules allow silently whatever the kernel may ask them, it does not matter what the kernel itself will say.
 * So the way to the directory must be known to be passed, and all that can be asked about the directory and the file granted for
 * their labels.
 */
import { ERRNO } from '../../../linux/errno.ts';
import { O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import { MAY_EXEC } from '../../../linux/fs.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { PROC_SUPER_MAGIC } from '../../../linux/magic.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { OpenPlace } from '../caller/call-places.ts';
import type { WorkerContext } from '../context.ts';
import type { Beginning, KnownAnswer } from './known-paths.ts';
import { overrideChecks } from './permission-checks.ts';
import type { Walked } from './walk.ts';

const { ENOENT } = ERRNO;

export interface NameArguments {
  readonly dirfd: CallerFd;
  /** Number of the argument. */
  readonly path: number;
}

/** A directory, as far as its label tells it apart, and a name in it. */
export interface NewPlace {
  readonly directory: FileFacts;
  readonly name: string;
  /** A descriptor of ours. */
  readonly fd: number;
  /** What has the name, once {@link fileAt} has seen it. */
  file?: FileFacts;
}

/**
 * @param most all that modules can be asked about the directory and the name; `undefined` = that is not known.
 * @param plain for callers of whom nothing is asked about files: may the call do nothing else? Absent = it may.
 * @returns `granted`; or the key of the way, to be remembered ({@link wayOf}), if it can be.
 */
export function foreseen(
  context: WorkerContext,
  argument: NameArguments,
  most: (place: NewPlace) => readonly AccessCheck[] | undefined,
  plain?: (fd: number, name: string) => boolean,
): 'granted' | Beginning | undefined {
  const { call, mediator } = context;
  const place = openPlace(context, argument);
  if (mediator === undefined || place === undefined) return undefined;
  const { directory: fd, name } = place;
  if (mediator.isExempt(call.tid)) return isOrdinary(context, fd) && plain?.(fd, name) === true ? 'granted' : undefined;
  const { way, found } = ledTo(context, place, argument);
  const checks = found && most(found);
  if (found === undefined || checks === undefined) return way;
  if (!mediator.grants(call.tid, [...search(context, found.directory, fd), ...checks])) return way;
  context.fastPath?.learned.granted(found.directory, found.file, name);
  return 'granted';
}

/**
 * Tells the fast path, after all of the call was decided and allowed: the way is known by now.
 * @param most as of {@link foreseen}.
 */
export function foreseenNext(
  context: WorkerContext,
  argument: NameArguments,
  most: (place: NewPlace) => readonly AccessCheck[] | undefined,
): void {
  if (!context.call.answered && context.fastPath?.learned.lacksGrant === true) foreseen(context, argument, most);
}

/** The directory of the argument's name, until another one is asked for. `undefined` = it is not in the kernel's caches. */
export function openPlace(
  { call, memory, places }: WorkerContext,
  { dirfd, path }: NameArguments,
): OpenPlace | undefined {
  const text = memory.readString(call.tid, call.low(path), call.high(path));
  return typeof text === 'string' ? places.find(call.tid, dirfd, text) : undefined;
}

/** `found`: the way is known to be passed. `way`: its key, if it can be remembered. */
export function ledTo(
  { call, mediator }: WorkerContext,
  place: OpenPlace,
  { path }: NameArguments,
): { readonly way?: Beginning | undefined; readonly found?: NewPlace } {
  if (mediator === undefined) return {};
  const { directory: fd, name, parent } = place;
  const way = mediator.known.wayTo(call.tid, place, path);
  // Nothing lies between where the path starts and a mere name.
  const leads = parent === '' || (way !== undefined && mediator.known.leads(way, place));
  const directory = leads ? mediator.lookByLabel(fd, call.tid, place) : undefined;
  return { way, ...(directory && { found: { directory, name, fd } }) };
}

/**
 * What can be asked about the file that has the name, by `existing`, or where there is none. `undefined` = that is not known: it is
 * a link, or on another filesystem, or its label does not tell it apart.
 */
export function fileAt<T>(
  { call, mediator, view }: WorkerContext,
  place: NewPlace,
  existing: (file: FileFacts, fd: number) => T | undefined,
  missing?: () => T | undefined,
): T | undefined {
  const { fd, name } = place;
  const found = view.openAt2(fd, name, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
  if (found < 0) return found === -ENOENT ? missing?.() : undefined;
  const file = mediator?.lookByLabel(found, call.tid);
  if (file !== undefined) place.file = file;
  const all = file === undefined || file.inode.class === 'lnk_file' ? undefined : existing(file, found);
  view.close(found);
  return all;
}

/** @param directory a descriptor of ours, whose filesystem cannot block us. */
export function isMissing({ view }: WorkerContext, directory: number, name: string): boolean {
  const existing = view.openAt2(directory, name, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
  if (existing >= 0) view.close(existing);
  return existing === -ENOENT;
}

/** Is it a directory of no process? */
export function isOrdinary({ call, view }: WorkerContext, directory: number): boolean {
  const magic = view.filesystemMagic(directory, call.tid);
  return magic !== 0 && magic !== PROC_SUPER_MAGIC;
}

/** As the walk asks about each directory (walk.ts). */
export function search(context: WorkerContext, directory: FileFacts, fd: number): AccessCheck[] {
  const { call, files, mediator } = context;
  const view = { credentials: () => mediator?.credentials(call.tid), status: (tid: Tid) => context.view.status(tid) };
  const overridden =
    mediator?.families.has('capabilities') === true
      ? overrideChecks({ view, files }, call.tid, directory, fd, MAY_EXEC)
      : [];
  return [...overridden, { hook: 'inodePermission', about: { file: directory, mask: MAY_EXEC } }];
}

/** What is to be remembered when all on this way was allowed. */
export function wayOf(
  { mediator }: WorkerContext,
  way: Beginning | undefined,
  { parent }: Pick<Walked, 'parent'>,
): KnownAnswer | undefined {
  const found = way === undefined || parent < 0 ? undefined : mediator?.known.placeOf(parent);
  return way === undefined || found === undefined ? undefined : { beginning: way, found };
}
