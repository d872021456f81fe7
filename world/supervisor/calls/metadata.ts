/**
 * chmod(2), chown(2) and their relatives while a module guards the metadata of files (metadata-guard.ts).
 */
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_NOFOLLOW, O_PATH } from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import type { MetadataChange } from '../../../lsm/framework/files/metadata.ts';
import { descriptorFlags, isReadOnly } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

const PERMISSIONS = 0o7777;
/** chown(2) leaves an id as it is that is given so. */
const UNCHANGED = -1;

/** `path`: number of the argument; absent = the descriptor itself. */
interface Where {
  readonly dirfd: CallerFd;
  readonly path?: number;
  /** AT_* */
  readonly flags?: number;
}

function change(context: WorkerContext, where: Where, asked: MetadataChange): void {
  const { call, guard, view } = context;
  if (guard === undefined || Object.keys(asked).length === 0) return;
  context.newLabels.complete(call.tid);
  const fd = open(context, where);
  if (fd < 0) return;
  try {
    if (asked.mode !== undefined && view.identity(fd)?.link === true) return; // EOPNOTSUPP
    const refused = isReadOnly(context, fd) ? 0 : guard.mayChange(fd, call.tid, asked);
    if (refused !== 0) call.fail(refused);
  } finally {
    view.close(fd);
  }
}

/** O_PATH; negative = the kernel says by itself what is wrong. */
function open({ call, memory, view, ...context }: WorkerContext, { dirfd, path, flags = 0 }: Where): number {
  if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return -1;
  if (path === undefined) {
    const ofPath = (descriptorFlags({ ...context, call, memory, view }, dirfd) & O_PATH) !== 0;
    return ofPath ? -1 : view.openDescriptor(call.tid, dirfd);
  }
  const text = memory.readString(call.tid, call.low(path), call.high(path));
  if (typeof text !== 'string') return -1;
  if (text === '') return (flags & AT_EMPTY_PATH) === 0 ? -1 : view.openStart(call.tid, dirfd, false);
  return view.resolveForCaller(call.tid, dirfd, text, (flags & AT_SYMLINK_NOFOLLOW) === 0 ? 0 : O_NOFOLLOW);
}

const modeAt = ({ call }: WorkerContext, argument: number): MetadataChange => ({
  mode: call.low(argument) & PERMISSIONS,
});

/** @param argument of the user; that of the group follows. */
function ownerAt({ call }: WorkerContext, argument: number): MetadataChange {
  const [uid, gid] = [call.int(argument), call.int(argument + 1)];
  return { ...(uid !== UNCHANGED && { uid: uid >>> 0 }), ...(gid !== UNCHANGED && { gid: gid >>> 0 }) };
}

const chmod: Handler = (context) => change(context, { dirfd: AT_FDCWD, path: 0 }, modeAt(context, 1));
const fchmod: Handler = (context) => change(context, { dirfd: context.call.fd(0) }, modeAt(context, 1));
const fchmodat: Handler = (context) => change(context, { dirfd: context.call.fd(0), path: 1 }, modeAt(context, 2));
const fchmodat2: Handler = (context) =>
  change(context, { dirfd: context.call.fd(0), path: 1, flags: context.call.low(3) }, modeAt(context, 2));
const chown: Handler = (context) => change(context, { dirfd: AT_FDCWD, path: 0 }, ownerAt(context, 1));
const lchown: Handler = (context) =>
  change(context, { dirfd: AT_FDCWD, path: 0, flags: AT_SYMLINK_NOFOLLOW }, ownerAt(context, 1));
const fchown: Handler = (context) => change(context, { dirfd: context.call.fd(0) }, ownerAt(context, 1));
const fchownat: Handler = (context) =>
  change(context, { dirfd: context.call.fd(0), path: 1, flags: context.call.low(4) }, ownerAt(context, 2));

export const calls = always('file-metadata', {
  ...{ chmod, fchmod, fchmodat, fchmodat2 },
  ...{ chown, lchown, fchown, fchownat },
});
