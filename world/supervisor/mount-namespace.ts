/**
 * Attaching a mount in another process' mount namespace.
 *
 * move_mount(2) needs the target in the calling thread's mount namespace, so the worker thread visits the caller's. The target is a
 * descriptor that was opened before: between coming and going nothing is looked up by path, because paths would mean the caller's files.
 */
import { NR } from '../sys/libc.ts';
import { inMountNamespace } from '../sys/mount-namespace.ts';
import { rawSyscall } from '../sys/raw-syscall.ts';
import { type CallerView, O_CLOEXEC } from './caller-view.ts';

const CLONE_FS = 0x200;
const MOVE_MOUNT_F_EMPTY_PATH = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;

/** @returns 0 or a negative errno. */
export function attachInNamespaceOf(view: CallerView, tid: number, tree: number, target: number): number {
  const unshared = rawSyscall(NR.unshare, CLONE_FS);
  if (unshared < 0) return unshared;
  const theirs = view.open(`/proc/${tid}/ns/mnt`, O_CLOEXEC);
  if (theirs < 0) return theirs;
  try {
    return inMountNamespace(theirs, () => {
      const empty = view.path('');
      return rawSyscall(NR.move_mount, tree, empty, target, empty, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    });
  } finally {
    view.close(theirs);
  }
}
