/**
 * What handlers of mediated system calls share: from an argument to the file that it means, and from checks to an answer.
 */

import { CAP, hasCapability } from '../../../linux/capability.ts';
import { O_PATH } from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { S_ISVTX } from '../../../linux/stat.ts';
import { ST_RDONLY } from '../../../linux/statfs.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { OpenFile } from '../../../lsm/framework/access/file-access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { Credentials } from '../caller/acting-as.ts';
import type { WorkerContext } from '../context.ts';
import { withCopied } from './copied-descriptors.ts';
import { infoOf } from './descriptors.ts';
import { fileAt, foreseen, foreseenNext, isMissing, type NewPlace, wayOf } from './foreseen.ts';
import type { Found, KnownAnswer } from './known-paths.ts';
import type { Mediator } from './mediator.ts';
import { grantsProcEntry } from './proc-entries.ts';
import { servedPlace } from './served-places.ts';
import { ofSocket, socketOf } from './socket-view.ts';
import type { Walked } from './walk.ts';

export interface PathArguments {
  readonly dirfd: CallerFd;
  /** Number of the argument. */
  readonly path: number;
  /** A link in the last place is followed. */
  readonly follow: boolean;
  /** AT_EMPTY_PATH */
  readonly takesEmpty?: boolean;
}

/** Asks the modules, and fails the call with their errno. */
export function refuse(
  { call, mediator }: WorkerContext,
  checks: readonly AccessCheck[],
  ...known: readonly (KnownAnswer | undefined)[]
): void {
  const refused = mediator?.decide(call.tid, checks, ...known) ?? 0;
  if (refused !== 0) call.fail(refused);
}

/** Walks the path of the caller, which the taker closes; `undefined` = the argument is invalid, as the kernel will say itself. */
export function walk({ call, memory, mediator }: WorkerContext, { path, ...how }: PathArguments): Walked | undefined {
  const text = memory.readString(call.tid, call.low(path), call.high(path));
  return typeof text === 'string' ? mediator?.walk({ tid: call.tid, path: text, ...how }) : undefined;
}

/**
 * Asks about the directories and links on the path and then about the file, if it exists. `file`: descriptor of ours.
 * @param most all that `checks` may return, whatever else is found out about the file; absent = that is not known.
 */
export function onPath(
  context: WorkerContext,
  argument: PathArguments,
  checks: (seen: FileFacts, file: number) => readonly AccessCheck[],
  what = '',
  most?: (seen: FileFacts, file: number) => readonly AccessCheck[],
): void {
  const asked = (walked: Walked): readonly AccessCheck[] => {
    const { descriptor, holder } = walked.behind ?? {};
    const seen = walked.file < 0 ? undefined : lookAt(context, descriptor, walked.file, holder);
    const wrong = walked.slash && seen?.inode.class !== 'dir'; // ENOTDIR
    return seen === undefined || wrong ? [] : checks(seen, walked.file);
  };
  const missing = (): readonly AccessCheck[] => [];
  askedOnce(context, argument, asked, { what, ...(most && { existing: most, missing }) });
}

export interface Asking {
  /** Names the call with all inputs of its checks except the file and the caller; empty = the answer is not remembered. */
  readonly what: string;
  /**
   * When it is: for a file that exists and was asked about; also for a `missing` one (the default), about which nothing is
   * asked; where only the `way` to it counts, always.
   */
  readonly remembered?: 'existing' | 'missing' | 'way';
  /** All that can be asked about the file, known by its label; absent = what exists does not count, or is not known. */
  readonly existing?: (file: FileFacts, fd: number) => readonly AccessCheck[];
  /** The same where there is none. Absent = it is looked at as a whole (foreseen.ts). */
  readonly missing?: (place: NewPlace) => readonly AccessCheck[];
}

/** Asks about the directories and links on the path and then the checks that `checks` returns. */
export function askedOnce(
  context: WorkerContext,
  { dirfd, path, follow }: PathArguments,
  checks: (walked: Walked) => readonly AccessCheck[],
  { what, remembered = 'missing', existing, missing }: Asking,
): void {
  const { call, memory, mediator } = context;
  const text = memory.readString(call.tid, call.low(path), call.high(path));
  if (mediator === undefined || typeof text !== 'string') return;
  const argument = { tid: call.tid, dirfd, path: text, follow };
  if (mediator.isExempt(call.tid) && mediator.known.isOrdinary(argument)) return;
  const served = servedPlace(context, text);
  if (served === 'granted' || grantsProcEntry(context, text, { existing, missing })) return;
  const beginning = what === '' ? undefined : mediator.known.begin(argument, what);
  if (beginning !== undefined && mediator.known.allows(beginning, argument, remembered === 'way')) return;
  let found: Found | undefined;
  const most = (place: NewPlace): readonly AccessCheck[] | undefined => {
    if (existing === undefined) return missing?.(place);
    const known = (file: FileFacts, fd: number): readonly AccessCheck[] => {
      if (beginning !== undefined) found = foundBy(mediator, fd, undefined);
      return existing(file, fd);
    };
    return fileAt(context, place, known, () => {
      if (remembered !== 'existing') found = { missing: text };
      return missing?.(place);
    });
  };
  const plain = (fd: number, name: string): boolean => existing === undefined || isMissing(context, fd, name);
  const way = missing === undefined ? undefined : foreseen(context, { dirfd, path }, most, plain);
  if (way === 'granted') {
    if (beginning !== undefined && found !== undefined) mediator.known.remember(beginning, found);
    return;
  }
  const walked = mediator.walk(argument);
  try {
    const asked = checks(walked);
    const isWhole = remembered === 'way' || (walked.file >= 0 ? asked.length > 0 : remembered === 'missing');
    found = isWhole ? foundBy(mediator, walked.file, walked.missing) : undefined;
    const whole = beginning !== undefined && found !== undefined ? { beginning, found } : undefined;
    const refused = mediator.decide(
      call.tid,
      [...walked.checks, ...asked],
      whole,
      walked.parent < 0 ? undefined : served,
      wayOf(context, way, walked),
    );
    if (refused !== 0) call.fail(refused);
    else if (missing !== undefined) foreseenNext(context, { dirfd, path }, most);
  } finally {
    walked.close();
  }
}

/** Asks about the directories and links on the path alone. */
export function onWay(context: WorkerContext, argument: PathArguments): void {
  const nothing = (): readonly AccessCheck[] => [];
  askedOnce(context, argument, nothing, { what: 'way', remembered: 'way', existing: nothing, missing: nothing });
}

function foundBy(mediator: Mediator, fd: number, missing: string | undefined): Found | undefined {
  if (fd < 0) return missing === undefined ? undefined : { missing };
  const file = mediator.known.identity(fd);
  return file === undefined ? undefined : { file };
}

/** All that can be asked about an open file; `undefined` = that is not known of this one. */
export type MostOfOpen = (seen: FileFacts) => readonly AccessCheck[] | undefined;

/**
 * Asks about the file behind a descriptor of the caller. An O_PATH descriptor is EBADF to most calls.
 * @param most all that `checks` may return, whatever else is found out about the file; absent = that is not known.
 */
export function onDescriptor(
  context: WorkerContext,
  descriptor: CallerFd,
  checks: (seen: FileFacts, file: number) => readonly AccessCheck[],
  takesPath = false,
  most?: MostOfOpen,
): void {
  const { call, view } = context;
  if (context.mediator?.isExempt(call.tid) === true) return;
  if (most !== undefined && areGranted(context, descriptor, most, !takesPath)) return;
  if (!takesPath && (descriptorFlags(context, descriptor) & O_PATH) !== 0) return;
  onOpened(context, view.openDescriptor(call.tid, descriptor), (file) => lookAt(context, descriptor, file), checks);
  if (most !== undefined) grantedNext(context, descriptor, most, !takesPath);
}

/** Tells the fast path, after all of the call was decided and allowed, as {@link foreseenNext}. */
function grantedNext(context: WorkerContext, descriptor: CallerFd, most: MostOfOpen, isNew: boolean): void {
  if (!context.call.answered && context.fastPath?.learned.lacksGrant === true)
    areGranted(context, descriptor, most, isNew);
}

/** Asks about a file that was opened for that, and closes it. @param file a descriptor of ours; < 0 = it cannot be looked at. */
export function onOpened(
  context: WorkerContext,
  file: number,
  look: (file: number) => FileFacts | undefined,
  checks: (seen: FileFacts, file: number) => readonly AccessCheck[],
): void {
  if (file < 0) return;
  const seen = look(file);
  const all = seen === undefined ? [] : checks(seen, file);
  context.view.close(file);
  refuse(context, all);
}

/**
 * Is all of this known to be allowed about the file behind a descriptor, as far as its label tells it apart?
 * @param isNew it was probably made or changed just now, so that what was known of it is not true any more.
 */
function areGranted(context: WorkerContext, descriptor: CallerFd, most: MostOfOpen, isNew: boolean): boolean {
  const granted = grantedFile(context, descriptor, most, isNew);
  if (granted !== undefined) context.fastPath?.learned.granted(undefined, granted);
  return granted !== undefined;
}

/** As {@link areGranted}. @returns the file; `undefined` = not all is known to be allowed. */
export function grantedFile(
  context: WorkerContext,
  descriptor: CallerFd,
  most: MostOfOpen,
  isNew = false,
): FileFacts | undefined {
  const { call, mediator } = context;
  const seen = mediator?.knownByLabel(descriptor, call.tid, isNew) ?? lookByLabel(context, descriptor);
  const checks = seen && most(seen);
  return checks !== undefined && mediator?.grants(call.tid, checks) === true ? seen : undefined;
}

function lookByLabel({ call, mediator, view }: WorkerContext, descriptor: CallerFd): FileFacts | undefined {
  const file = mediator === undefined ? -1 : view.openDescriptor(call.tid, descriptor);
  if (file < 0) return undefined;
  const seen = mediator?.lookBehind(descriptor, file, call.tid);
  view.close(file);
  return seen;
}

/**
 * Facts of what a descriptor of the caller, or of `holder`, is, which `file` of ours names; `undefined` = unknown, which is counted.
 */
export function lookAt(
  context: WorkerContext,
  descriptor: CallerFd | undefined,
  file: number,
  holder = context.call.tid,
): FileFacts | undefined {
  const { call, mediator } = context;
  const seen = mediator?.look(file, call.tid);
  if (seen?.inode.filesystem.type !== 'sockfs' || descriptor === undefined) return seen;
  const found = socketOf(context, descriptor, holder);
  if (found === undefined) {
    mediator?.unseen();
    return undefined;
  }
  return { ...seen, inode: ofSocket(seen.inode, found) };
}

/** Flags of a descriptor of the caller (F_GETFL); -1 = it has no such descriptor. */
export function descriptorFlags({ call, view }: WorkerContext, descriptor: CallerFd): number {
  return infoOf(view, call.tid, descriptor)?.flags ?? -1;
}

/**
 * As {@link onDescriptor}, of what is asked about the open file, too.
 * @param anyFlags its flags count for no module that judges by labels.
 */
export function onOpenFile(
  context: WorkerContext,
  descriptor: CallerFd,
  checks: (opened: OpenFile, file?: number) => readonly AccessCheck[],
  anyFlags = false,
): void {
  const { mediator, call } = context;
  if (mediator?.isExempt(call.tid) === true) return;
  const most = (file: FileFacts): readonly AccessCheck[] => checks({ file, flags: 0 });
  if (anyFlags && areGranted(context, descriptor, most, false)) return;
  const info = infoOf(context.view, context.call.tid, descriptor);
  if (info === undefined) return; // EBADF
  const { flags, identity } = info;
  if ((flags & O_PATH) !== 0) return; // EBADF
  onDescriptor(
    context,
    descriptor,
    (file, fd) => checks({ file, flags, descriptor: withCopied(context, { descriptor, identity }) }, fd),
    true,
  );
  if (anyFlags) grantedNext(context, descriptor, most, false);
}

/** Is the file behind a descriptor of ours on a read-only mount? A filesystem that can block us is not asked: it is taken for none. */
export function isReadOnly({ call, view }: WorkerContext, file: number): boolean {
  return view.mayAsk(file, call.tid) && (view.filesystem(file).flags & ST_RDONLY) !== 0;
}

/** Does the sticky bit of the directory forbid the caller to remove this file (check_sticky())? */
export function isStuck(context: WorkerContext, directory: FileFacts, file: FileFacts): boolean {
  const credentials = credentialsOf(context);
  if ((directory.mode & S_ISVTX) === 0 || credentials === undefined) return false;
  const owner = credentials.fsuid === file.inode.uid || credentials.fsuid === directory.inode.uid;
  return !owner && !hasCapability(credentials.capabilities, CAP.FOWNER);
}

/** Credentials of the caller for files; `undefined` = it has ended. */
export function credentialsOf({ call, mediator, view }: WorkerContext): Credentials | undefined {
  return mediator === undefined ? view.credentials(call.tid) : mediator.credentials(call.tid);
}

/** The check of a capability that the caller has; a caller without it is refused by the kernel itself. */
export function capabilityCheck(
  context: WorkerContext,
  capability: number,
  refusal: 'ignored' | 'EPERM' | 'EACCES' | 'ENODATA' | 'ENOMEM' = 'EPERM',
): AccessCheck[] {
  const held = hasCapability(credentialsOf(context)?.capabilities ?? 0n, capability);
  return held ? [{ hook: 'capable', about: { capability }, refusal }] : [];
}

/**
 * The same of a capability that may be held in a user namespace alone: it is taken to be one over the object, or the kernel refuses.
 */
export function capabilityThere(context: WorkerContext, capability: number): AccessCheck[] {
  const { call, view } = context;
  const checks = capabilityCheck(context, capability);
  const held = hasCapability(view.status(call.tid)?.effectiveCapabilities ?? 0n, capability);
  return checks.length > 0 || !held
    ? checks
    : [{ hook: 'capable', about: { capability, inner: true }, refusal: 'EPERM' }];
}

/** inode_owner_or_capable(): the checks of capabilities; `undefined` = the kernel refuses by itself. */
export function ownerOrCapable(context: WorkerContext, file: FileFacts): readonly AccessCheck[] | undefined {
  if (!ownsOrMay(context, file)) return undefined;
  const fsuid = credentialsOf(context)?.fsuid;
  return fsuid === undefined || fsuid === file.inode.uid ? [] : capabilityCheck(context, CAP.FOWNER);
}

/** As {@link ownerOrCapable}, without asking anybody. */
function ownsOrMay(context: WorkerContext, { inode }: FileFacts): boolean {
  const credentials = credentialsOf(context);
  return (
    credentials === undefined || credentials.fsuid === inode.uid || hasCapability(credentials.capabilities, CAP.FOWNER)
  );
}
