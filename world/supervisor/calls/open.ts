/**
 * open(2) and its relatives: opens of /proc/<pid>/attr are served from the emulated tree, a few others by stand-ins, all others proceed.
 *
 * This runs for every open of a world, so the rejection of a path that is not ours is one read of remote memory and one scan.
 */

import { latin1 } from '../../../host/memory/remote-memory.ts';
import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { ERRNO } from '../../../linux/errno.ts';
import {
  AT_FDCWD,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_TRUNC,
  O_WRONLY,
  OPEN_HOW_SIZE,
  opensForWriting,
} from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { deciding } from '../access/deciding.ts';
import { noteDescriptors } from '../access/descriptors.ts';
import { isDescriptorLink } from '../caller/proc-path.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { AttrTarget } from '../stand-ins/attr-locator.ts';
import { modeOf } from '../stand-ins/lacked-names.ts';
import { answerOpen, openAddedSysctl, openPathOnly, openStandIn } from '../stand-ins/stand-in.ts';
import { expectOpened, MULTIPLEXER } from './create.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

/** A longer path is read in full, which costs another read. */
const PROBE = 256;
const { EEXIST, EINVAL } = ERRNO;

const openat: Handler = (context) => {
  const path = expectOpened(context, context.call.fd(0), 1, context.call.low(2));
  answer(context, candidate(context, 1, path), context.call.fd(0), context.call.low(2), 0);
};

const open: Handler = (context) => {
  const path = expectOpened(context, AT_FDCWD, 0, context.call.low(1));
  answer(context, candidate(context, 0, path), AT_FDCWD, context.call.low(1), 0);
};

const creat: Handler = (context) => {
  const flags = O_CREAT | O_WRONLY | O_TRUNC;
  const path = expectOpened(context, AT_FDCWD, 0, flags);
  answer(context, candidate(context, 0, path), AT_FDCWD, flags, 0);
};

const openat2: Handler = (context) => {
  const { call, memory } = context;
  if (memory.read(call.tid, call.low(2), call.high(2), OPEN_HOW_SIZE) < OPEN_HOW_SIZE) return;
  const how = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, OPEN_HOW_SIZE);
  const flags = how.getUint32(0, true);
  const resolve = how.getUint32(16, true);
  const path = expectOpened(context, call.fd(0), 1, flags);
  answer(context, candidate(context, 1, path), call.fd(0), flags, resolve);
};

/** The path in this argument, if it can have a stand-in; else the kernel continues. @param read the path, if it was read. */
export function candidate(context: WorkerContext, argument: number, read?: string): string | undefined {
  const { call, memory, sysctlLocator } = context;
  // Mediation has read it.
  const text = read ?? (deciding(context) && memory.readString(call.tid, call.low(argument), call.high(argument)));
  const known = typeof text === 'string' ? text : undefined;
  const path = known ?? pathAt(context, argument);
  return path !== undefined && sysctlLocator.mayBeOurs(path) ? path : undefined;
}

function pathAt({ call, memory }: WorkerContext, argument: number): string | undefined {
  const count = memory.readInPage(call.tid, call.low(argument), call.high(argument), PROBE);
  if (count <= 0) return undefined;
  const end = memory.bytes.subarray(0, count).indexOf(0);
  if (end >= 0) return latin1(memory.bytes, end);
  const path = memory.readString(call.tid, call.low(argument), call.high(argument));
  return typeof path === 'number' ? undefined : path;
}

function answer(
  context: WorkerContext,
  path: string | undefined,
  dirfd: CallerFd,
  flags: number,
  resolve: number,
): void {
  if (path === undefined) return;
  answerNamed(context, path, dirfd, flags, resolve);
  context.view.shortage.answer(context.call, context.log);
}

function answerNamed(context: WorkerContext, path: string, dirfd: CallerFd, flags: number, resolve: number): void {
  const { call, locator } = context;
  if (MULTIPLEXER.test(path)) {
    if ((flags & O_PATH) === 0 && context.labelsFiles) context.newLabels.expectTerminal(call.tid, dirfd, path);
    return;
  }
  const target = isLinkItself(path, flags) ? undefined : locator.locate({ tid: call.tid, dirfd, path, resolve });
  if (target === undefined) {
    const argument = { dirfd, path, flags, resolve };
    if (!openAddedSysctl(context, argument)) openStandIn(context, argument);
    return;
  }
  if (context.announces) context.ask({ kind: 'process-call', call: 'other', tid: call.tid });
  if (isHosts(context, target, flags)) return;
  const refused = createRefused(context, target, flags);
  if (refused !== 0) {
    call.fail(refused);
    return;
  }
  if (opensForWriting(flags) && (flags & O_PATH) === 0) noteDescriptors(context);
  // The kernel checks permissions for this thread, which is root; the attr tree checks them for the caller.
  const { view, attrRoot } = context;
  const isPathOnly = (flags & O_PATH) !== 0;
  const fd = isPathOnly
    ? openPathOnly(context, attrRoot, target.path, flags)
    : view.openAt(attrRoot, target.path, ownFlags(flags));
  answerOpen(context, fd, flags);
}

const isLinkItself = (path: string, flags: number): boolean => (flags & O_NOFOLLOW) !== 0 && isDescriptorLink(path);

/** An O_PATH descriptor of what the host has, too, is the host's; who opens that again gets ours. */
function isHosts(context: WorkerContext, { path, rest }: AttrTarget, flags: number): boolean {
  const { hostAttrNames } = context;
  if ((flags & O_PATH) === 0 || !(rest[0] === undefined ? hostAttrNames.size > 0 : hostAttrNames.has(rest[0])))
    return false;
  return modeOf(context, { tree: 'attr', root: context.attrRoot, path }) >= 0;
}

/** The errno of an open that would create what is there, or a directory (open_last_lookups() and build_open_flags() of fs); 0 = go on. */
function createRefused({ view, attrRoot }: WorkerContext, target: AttrTarget, flags: number): number {
  if ((flags & O_CREAT) === 0 || (flags & O_PATH) !== 0) return 0;
  if ((flags & O_DIRECTORY) !== 0) return EINVAL;
  if ((flags & O_EXCL) === 0) return 0;
  const existing = view.openAt(attrRoot, target.path, O_PATH | O_NOFOLLOW);
  if (existing < 0) return -existing;
  view.close(existing);
  return EEXIST;
}

/** Nothing can be created there: procfs looks a name up first, and one that it does not find is ENOENT. */
const ownFlags = (flags: number): number => flags & ~O_CREAT;

/** An exclusive create in attr fails as on the host: every name there exists or may not be made. */
const notExclusive = (argument: number): readonly ArgumentTest[] => [{ argument, lacks: O_EXCL }];

export const calls: readonly SupervisedCall[] = [
  { name: 'open', when: 'attr-open', rule: notExclusive(1), handle: open },
  { name: 'openat', when: 'attr-open', rule: notExclusive(2), handle: openat },
  ...always('attr-open', { openat2, creat }),
  ...always('file-labels', { open, openat }),
];
