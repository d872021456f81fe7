/**
 * umount2(2). Other filesystems: pending labels of new files are stored first, because their descriptors would keep the
 * filesystem busy. Ours, with MNT_FORCE: the host would abort the FUSE connection, and so end all mounts of the
 * superblock; on the emulated filesystem types the flag has no effect.
 */
import { AT_FDCWD, O_DIRECTORY, O_NOFOLLOW, O_PATH } from '../../../linux/fcntl.ts';
import { MNT_EXPIRE, MNT_FORCE, UMOUNT_NOFOLLOW } from '../../../linux/mount.ts';
import { detachInNamespaceOf } from '../caller/mount-namespace.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { mountRefusal } from './mount.ts';
import { always } from './supervised-call.ts';
import { unmountSysfs } from './sysfs.ts';

interface Place {
  /** A descriptor. */
  readonly directory: number;
  readonly name: string;
}

/** umount2(target*, flags) */
const umount2: Handler = (context) => {
  const { call, view } = context;
  const flags = call.low(1);
  if (context.newLabels.waits) leaveOther(context, flags);
  unmountSysfs(context, flags);
  if (call.answered) return;
  if ((flags & (MNT_FORCE | MNT_EXPIRE)) !== MNT_FORCE || mountRefusal(context) !== undefined) return;
  const place = placeOfOurs(context, flags);
  if (place === undefined) return;
  const result = detachInNamespaceOf(view, call.tid, place.directory, place.name, flags & ~MNT_FORCE);
  view.close(place.directory);
  if (result < 0) call.fail(-result);
  else call.succeed(0);
};

function leaveOther({ call, memory, newLabels, view }: WorkerContext, flags: number): void {
  const path = memory.readString(call.tid, call.low(0), call.high(0));
  if (typeof path !== 'string') return;
  const fd = view.resolveForCaller(call.tid, AT_FDCWD, path, (flags & UMOUNT_NOFOLLOW) === 0 ? 0 : O_NOFOLLOW);
  if (fd < 0) return;
  const identity = view.identity(fd);
  view.close(fd);
  if (identity !== undefined) newLabels.leave(`${identity.major}:${identity.minor}`);
}

/** Mount point of the mount that argument 0 names; `undefined` when it is not one of ours. */
function placeOfOurs({ call, memory, view, devices }: WorkerContext, flags: number): Place | undefined {
  const path = memory.readString(call.tid, call.low(0), call.high(0));
  if (typeof path !== 'string') return undefined;
  const target = view.resolveForCaller(call.tid, AT_FDCWD, path, (flags & UMOUNT_NOFOLLOW) === 0 ? 0 : O_NOFOLLOW);
  if (target < 0) return undefined;
  const identity = view.identity(target);
  const ours = identity?.mountRoot === true && devices.magic(identity.major, identity.minor) !== 0;
  const link = ours ? view.readlinkAt(AT_FDCWD, `/proc/thread-self/fd/${target}`) : undefined;
  const directory = ours ? view.openAt(target, '..', O_PATH | O_DIRECTORY) : -1;
  view.close(target); // the descriptor would keep the mount busy
  return link === undefined || directory < 0 ? undefined : { directory, name: link.slice(link.lastIndexOf('/') + 1) };
}

export const calls = always('mount', { umount2 });
