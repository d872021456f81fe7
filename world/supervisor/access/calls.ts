/**
 * What handlers of mediated system calls share: from an argument to the file that it means, and from checks to an answer.
 */

import { CAP, hasCapability } from '../../../linux/capability.ts';
import { O_PATH } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import { S_ISVTX } from '../../../linux/stat.ts';
import { ST_RDONLY, STATFS } from '../../../linux/statfs.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileSender, OpenFile } from '../../../lsm/framework/access/file-access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { WorkerContext } from '../context.ts';
import { infoOf } from './descriptors.ts';
import { ofSocket, socketOf } from './socket-view.ts';
import type { Walked } from './walk.ts';

export interface PathArguments {
  readonly dirfd: CallerFd;
  /** Number of the argument. */
  readonly path: number;
  /** A link in the last place is followed. */
  readonly follow: boolean;
}

/** Asks the modules, and fails the call with their errno. */
export function refuse({ call, mediator }: WorkerContext, checks: readonly AccessCheck[]): void {
  const refused = mediator?.decide(call.tid, checks) ?? 0;
  if (refused !== 0) call.fail(refused);
}

/** Walks the path of the caller, which the taker closes; `undefined` = the argument is invalid, as the kernel will say itself. */
export function walk(
  { call, memory, mediator }: WorkerContext,
  { dirfd, path, follow }: PathArguments,
): Walked | undefined {
  const text = memory.readString(call.tid, call.low(path), call.high(path));
  return typeof text === 'string' ? mediator?.walk({ tid: call.tid, dirfd, path: text, follow }) : undefined;
}

/** Asks about the directories and links on the path and then about the file, if it exists. `file`: descriptor of ours. */
export function onPath(
  context: WorkerContext,
  argument: PathArguments,
  checks: (seen: FileFacts, file: number) => readonly AccessCheck[],
  what = '',
): void {
  askedOnce(context, argument, what, (walked) => {
    const seen = walked.file < 0 ? undefined : context.mediator?.look(walked.file, context.call.tid);
    const wrong = walked.slash && seen?.inode.class !== 'dir'; // ENOTDIR
    return seen === undefined || wrong ? [] : checks(seen, walked.file);
  });
}

/**
 * When an answer is remembered: for a file that exists and was asked about; also for a `missing` one, about which nothing
 * is asked; where only the `way` to it counts, always.
 */
type Remembered = 'existing' | 'missing' | 'way';

/**
 * Asks about the directories and links on the path and then the checks that `checks` returns. The answer is remembered:
 * `what` names the call with all inputs of its checks except the file and the caller; empty = it is not remembered.
 */
export function askedOnce(
  context: WorkerContext,
  { dirfd, path, follow }: PathArguments,
  what: string,
  checks: (walked: Walked) => readonly AccessCheck[],
  remembered: Remembered = 'missing',
): void {
  const { call, memory, mediator } = context;
  const text = memory.readString(call.tid, call.low(path), call.high(path));
  if (mediator === undefined || typeof text !== 'string') return;
  const argument = { tid: call.tid, dirfd, path: text, follow };
  if (mediator.isExempt(call.tid) && mediator.known.isOrdinary(argument)) return;
  const beginning = what === '' ? undefined : mediator.known.begin(argument, what);
  if (beginning !== undefined && mediator.known.allows(beginning, argument)) return;
  const walked = mediator.walk(argument);
  try {
    const asked = checks(walked);
    const isWhole = remembered === 'way' || (walked.file >= 0 ? asked.length > 0 : remembered === 'missing');
    const found = walked.file >= 0 ? walked.file : walked.missing;
    const whole = beginning !== undefined && isWhole && found !== undefined ? { beginning, found } : undefined;
    const refused = mediator.decide(call.tid, [...walked.checks, ...asked], whole);
    if (refused !== 0) call.fail(refused);
  } finally {
    walked.close();
  }
}

/**
 * Asks about the file behind a descriptor of the caller. An O_PATH descriptor is EBADF to most calls.
 */
export function onDescriptor(
  context: WorkerContext,
  descriptor: CallerFd,
  checks: (seen: FileFacts, file: number) => readonly AccessCheck[],
  takesPath = false,
): void {
  const { call, view } = context;
  if (context.mediator?.isExempt(call.tid) === true) return;
  if (!takesPath && (descriptorFlags(context, descriptor) & O_PATH) !== 0) return;
  const file = view.openDescriptor(call.tid, descriptor);
  if (file < 0) return;
  const seen = lookAt(context, descriptor, file);
  const all = seen === undefined ? [] : checks(seen, file);
  view.close(file);
  refuse(context, all);
}

/**
 * Facts of what a descriptor of the caller, or of `holder`, is, which `file` of ours names; `undefined` = it cannot be
 * looked at, which is counted.
 */
export function lookAt(
  context: WorkerContext,
  descriptor: CallerFd,
  file: number,
  holder = context.call.tid,
): FileFacts | undefined {
  const { call, mediator } = context;
  const seen = mediator?.look(file, call.tid);
  if (seen?.inode.filesystem.type !== 'sockfs') return seen;
  const found = socketOf(context, descriptor, holder);
  if (found === undefined) {
    mediator?.unseen();
    return undefined;
  }
  return { ...seen, inode: ofSocket(seen.inode, found) };
}

/** What a process has open, for who receives it from `sender`; `undefined` = it cannot be looked at. */
export function openedBy(
  context: WorkerContext,
  holder: Tid,
  descriptor: CallerFd,
  sender: FileSender,
): OpenFile | undefined {
  const { view } = context;
  const info = infoOf(view, holder, descriptor);
  const fd = view.openDescriptor(holder, descriptor);
  if (fd < 0) return undefined;
  const file = lookAt(context, descriptor, fd, holder);
  view.close(fd);
  if (file === undefined || info === undefined) return undefined;
  const sent = sender.socket === undefined && { descriptor: { descriptor, identity: info.identity } };
  return { file, flags: info.flags, sender: { ...sender, ...sent } };
}

/** Flags of a descriptor of the caller (F_GETFL); -1 = it has no such descriptor. */
export function descriptorFlags({ call, view }: WorkerContext, descriptor: CallerFd): number {
  return infoOf(view, call.tid, descriptor)?.flags ?? -1;
}

/** As {@link onDescriptor}, of what is asked about the open file, too. */
export function onOpenFile(
  context: WorkerContext,
  descriptor: CallerFd,
  checks: (opened: OpenFile) => readonly AccessCheck[],
): void {
  const info = infoOf(context.view, context.call.tid, descriptor);
  if (info === undefined) return; // EBADF
  const { flags, identity } = info;
  onDescriptor(context, descriptor, (file) => checks({ file, flags, descriptor: { descriptor, identity } }));
}

/** Is the file behind a descriptor of ours on a read-only mount? A filesystem that can block us is not asked: it is taken for none. */
export function isReadOnly({ call, view }: WorkerContext, file: number): boolean {
  return (
    view.filesystemMagic(file, call.tid) !== 0 && (view.resultView.getUint32(STATFS.FLAGS, true) & ST_RDONLY) !== 0
  );
}

/** Does the sticky bit of the directory forbid the caller to remove this file (check_sticky())? */
export function isStuck({ call, view }: WorkerContext, directory: FileFacts, file: FileFacts): boolean {
  const credentials = view.credentials(call.tid);
  if ((directory.mode & S_ISVTX) === 0 || credentials === undefined) return false;
  const owner = credentials.fsuid === file.inode.uid || credentials.fsuid === directory.inode.uid;
  return !owner && !hasCapability(credentials.capabilities, CAP.FOWNER);
}

/** The check of a capability that the caller has; a caller without it is refused by the kernel itself. */
export function capabilityCheck(
  { call, view }: WorkerContext,
  capability: number,
  refusal: 'ignored' | 'EPERM' | 'EACCES' | 'ENODATA' = 'EPERM',
): AccessCheck[] {
  const held = hasCapability(view.credentials(call.tid)?.capabilities ?? 0n, capability);
  return held ? [{ hook: 'capable', about: { capability }, refusal }] : [];
}

/** inode_owner_or_capable(): the checks of capabilities; `undefined` = the kernel refuses by itself. */
export function ownerOrCapable(context: WorkerContext, file: FileFacts): readonly AccessCheck[] | undefined {
  if (!ownsOrMay(context, file)) return undefined;
  const fsuid = context.view.credentials(context.call.tid)?.fsuid;
  return fsuid === undefined || fsuid === file.inode.uid ? [] : capabilityCheck(context, CAP.FOWNER);
}

/** As {@link ownerOrCapable}, without asking anybody. */
export function ownsOrMay({ call, view }: WorkerContext, { inode }: FileFacts): boolean {
  const credentials = view.credentials(call.tid);
  return (
    credentials === undefined || credentials.fsuid === inode.uid || hasCapability(credentials.capabilities, CAP.FOWNER)
  );
}
