/**
 * Attaching and detaching mounts in another process' mount namespace.
 *
 * Both system calls work in the calling thread's mount namespace, so the worker thread enters the caller's with setns(2) and returns. The
 * mount point is given by a descriptor that was opened before: inside, no path of more than one name is looked up, because paths would
 * mean the caller's files.
 */
import { NR } from '../../../host/libc.ts';
import { inMountNamespace } from '../../../host/mounts/mount-namespace.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { O_CLOEXEC } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import { MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH } from '../../../linux/mount.ts';
import { CLONE_FS } from '../../../linux/process.ts';
import type { CallerView } from './caller-view.ts';

/** @returns 0 or a negative errno. */
export function attachInNamespaceOf(view: CallerView, tid: Tid, tree: number, target: number): number {
  return visit(view, tid, () => {
    const empty = view.path('');
    return rawSyscall(NR.move_mount, tree, empty, target, empty, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  });
}

/** Unmounts what is mounted on `name` in a directory. @returns 0 or a negative errno. */
export function detachInNamespaceOf(
  view: CallerView,
  tid: Tid,
  directory: number,
  name: string,
  flags: number,
): number {
  return visit(view, tid, () => rawSyscall(NR.umount2, view.path(name), flags), directory);
}

/**
 * @param root descriptor of the directory that becomes the root; absent = that of the namespace. @returns what `act`
 * returns, or a negative errno.
 */
export function visit(view: CallerView, tid: Tid, act: () => number, root?: number): number {
  const unshared = rawSyscall(NR.unshare, CLONE_FS);
  if (unshared < 0) return unshared;
  const theirs = view.open(`/proc/${tid}/ns/mnt`, O_CLOEXEC);
  if (theirs < 0) return theirs;
  try {
    return inMountNamespace(theirs, act, root);
  } finally {
    view.close(theirs);
  }
}
