/** Where mounts are made, and what is mounted there, as calls about mounts name it. */
import { ERRNO } from '../../../linux/errno.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { worldMount } from '../caller/world-mount.ts';
import type { WorkerContext } from '../context.ts';

const { ENOENT } = ERRNO;

export interface Place {
  readonly file: FileFacts;
  /** It is the root of a mount. */
  readonly isRoot: boolean;
  /** Its mount is in the namespace of the caller. */
  readonly attached: boolean;
  /** What the way there asks. */
  readonly way: readonly AccessCheck[];
}

/** Where nothing is. */
interface Nowhere extends Pick<Place, 'way'> {
  readonly file: undefined;
}

/** `undefined` = it is not there, or cannot be looked at. @param path number of the argument, or the path itself. */
export function placeAt(
  context: WorkerContext,
  path: number | string,
  dirfd: CallerFd,
  follow: boolean,
): Place | undefined {
  const found = lookAlong(context, path, dirfd, follow);
  return found?.file === undefined ? undefined : found;
}

/** The same, with the way to what is not there. */
export function lookAlong(
  context: WorkerContext,
  path: number | string,
  dirfd: CallerFd,
  follow: boolean,
): Place | Nowhere | undefined {
  const { call, mediator, memory, view } = context;
  const text = typeof path === 'string' ? path : memory.readString(call.tid, call.low(path), call.high(path));
  if (typeof text !== 'string' || mediator === undefined) return undefined;
  const walked = mediator.walk({ tid: call.tid, dirfd, path: text, follow });
  const file = walked.file < 0 ? undefined : mediator.look(walked.file, call.tid);
  const isRoot = file !== undefined && view.identity(walked.file)?.mountRoot === true;
  const attached = file !== undefined && isAttached(context, walked.file);
  walked.close(); // a descriptor keeps the mount busy
  const way = mediator.families.has('files') ? walked.checks : [];
  if (file !== undefined) return { file, isRoot, attached, way };
  return walked.file === -ENOENT ? { file, way } : undefined;
}

/** Is what a descriptor of the caller has open on a mount that is in no list of the caller's? */
export function isDetached(context: WorkerContext, descriptor: CallerFd): boolean {
  const { call, view } = context;
  const fd = view.openStart(call.tid, descriptor, false);
  if (fd < 0) return false;
  const attached = isAttached(context, fd);
  view.close(fd);
  return !attached;
}

/** A descriptor of the caller, or AT_FDCWD. */
export function placeOf(context: WorkerContext, descriptor: CallerFd): Place | undefined {
  const { call, mediator, view } = context;
  const fd = view.openStart(call.tid, descriptor, false);
  if (fd < 0) return undefined;
  const file = mediator?.look(fd, call.tid);
  const attached = isAttached(context, fd);
  view.close(fd);
  return file && { file, isRoot: true, attached, way: [] };
}

const isAttached = ({ call, view }: WorkerContext, fd: number): boolean =>
  worldMount(call.tid, view.mountId(fd)) !== undefined;
