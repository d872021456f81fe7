/**
 * Attaching a mount in another process' mount namespace.
 *
 * Model: move_mount(2) needs the target in the calling thread's mount namespace, so the worker thread visits the caller's. setns(2) into
 * a mount namespace needs a filesystem context of the thread's own, hence one unshare(CLONE_FS). Between the two setns calls nothing is
 * looked up by path, because paths would mean the caller's files.
 */
import { NR } from '../sys/libc.ts';
import { rawSyscall } from '../sys/raw-syscall.ts';
import { type CallerView, O_CLOEXEC } from './caller-view.ts';

const CLONE_FS = 0x200;
const CLONE_NEWNS = 0x20000;
const MOVE_MOUNT_F_EMPTY_PATH = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;

/** @returns 0 or a negative errno. */
export function attachInNamespaceOf(view: CallerView, tid: number, tree: number, target: number): number {
  const unshared = rawSyscall(NR.unshare, CLONE_FS);
  if (unshared < 0) return unshared;
  const home = view.open('/proc/thread-self/ns/mnt', O_CLOEXEC);
  if (home < 0) return home;
  const theirs = view.open(`/proc/${tid}/ns/mnt`, O_CLOEXEC);
  try {
    if (theirs < 0) return theirs;
    const entered = rawSyscall(NR.setns, theirs, CLONE_NEWNS);
    if (entered < 0) return entered;
    const empty = view.path('');
    const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
    const moved = rawSyscall(NR.move_mount, tree, empty, target, empty, flags);
    const back = rawSyscall(NR.setns, home, CLONE_NEWNS);
    // A thread that cannot come back would resolve every later path in the wrong place: better no supervisor than that one.
    if (back < 0) throw new Error(`cannot return to the daemon's mount namespace: errno ${-back}`);
    return moved;
  } finally {
    view.close(home);
    if (theirs >= 0) view.close(theirs);
  }
}
