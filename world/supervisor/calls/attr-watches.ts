/**
 * inotify_add_watch(2) and fanotify_mark(2) of files in /proc/<pid>/attr, and of sysctls that the host lacks: the watch is on the file that
 * whoever opens the name gets, so it tells of what is done with that.
 *
 * Events of a directory do not tell of the files in it: what is opened is not below it. Left to the host are `attr` itself, marks of mounts
 * and filesystems, which would be those of the host's procfs, and groups that may keep callers waiting (FAN_CLASS_CONTENT,
 * FAN_CLASS_PRE_CONTENT).
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_PATH } from '../../../linux/fcntl.ts';
import {
  FAN_CLASSES,
  FAN_MARK_DONT_FOLLOW,
  FAN_MARK_FILESYSTEM,
  FAN_MARK_MOUNT,
  IN_DONT_FOLLOW,
  MAY_READ,
} from '../../../linux/fs.ts';
import { copyDescriptor } from '../caller/caller-descriptor.ts';
import type { WorkerContext } from '../context.ts';
import { grants, type LackedName } from '../stand-ins/lacked-names.ts';

const { EACCES } = ERRNO;
const INOTIFY = 'anon_inode:inotify';
const FANOTIFY = 'anon_inode:[fanotify]';

/** (group, path, mask). @returns what the call returns; `undefined` = the host says what it says. */
export function watch(context: WorkerContext, mode: number, name: LackedName): number | undefined {
  const mask = context.call.low(2) & ~IN_DONT_FOLLOW;
  return onGroup(context, INOTIFY, mode, name, (group, path) => rawSyscall(NR.inotify_add_watch, group, path, mask));
}

/** (group, flags, mask, directory, path). @returns as of {@link watch}. */
export function mark(context: WorkerContext, mode: number, name: LackedName): number | undefined {
  const { call } = context;
  const [flags, mask] = [call.low(1), call.low(2)];
  const isInode = (flags & (FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM)) === 0;
  // No event has one of the high bits.
  if (!isInode || call.high(2) !== 0 || (fanotifyFlags(context) & FAN_CLASSES) !== 0) return undefined;
  return onGroup(context, FANOTIFY, mode, name, (group, path) =>
    rawSyscall(NR.fanotify_mark, group, flags & ~FAN_MARK_DONT_FOLLOW, mask, AT_FDCWD, path),
  );
}

/** Flags of fanotify_init(2) of the group that a mark is for: its fdinfo tells them. */
export function fanotifyFlags({ call, view }: Pick<WorkerContext, 'call' | 'view'>): number {
  const info = view.readFile(AT_FDCWD, `/proc/${call.tid}/fdinfo/${call.fd(0)}`);
  const [, flags = '0'] = /^fanotify flags:([\da-f]+) /m.exec(info ?? '') ?? [];
  return Number.parseInt(flags, 16);
}

function onGroup(
  context: WorkerContext,
  kind: string,
  mode: number,
  { root, path }: LackedName,
  make: (group: number, path: number) => number,
): number | undefined {
  const { call, view } = context;
  if (view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/fd/${call.fd(0)}`) !== kind) return undefined;
  if (!grants(context, mode, MAY_READ)) return -EACCES;
  const group = copyDescriptor(view, call.tid, call.fd(0));
  if (group < 0) return undefined;
  const file = view.openAt(root, path, O_PATH);
  const made = file < 0 ? file : make(group, view.path(`/proc/thread-self/fd/${file}`));
  if (file >= 0) view.close(file);
  view.close(group);
  return made;
}
