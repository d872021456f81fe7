/**
 * The filesystem that has the POSIX message queues of a caller's IPC namespace: its root directory, by a mount that is
 * attached nowhere. The kernel's own mount, by which mq_open(2) finds queues, cannot be reached.
 *
 * Source: mqueue_init_fs_context() and mqueue_get_tree() of ipc/mqueue.c: a new mount shows the instance of the mounting
 * thread's namespace. That needs CAP_SYS_ADMIN in the namespace's user namespace.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { FSCONFIG_CMD_CREATE, FSMOUNT_CLOEXEC, FSOPEN_CLOEXEC } from '../../../linux/mount.ts';
import type { CallerView } from '../caller/caller-view.ts';

export const QUEUE_FILESYSTEM = 'mqueue';

/** Of the calling thread's namespace. @returns a descriptor, or a negative errno. */
export function openQueueFilesystem(view: CallerView): number {
  const context = rawSyscall(NR.fsopen, view.path(QUEUE_FILESYSTEM), FSOPEN_CLOEXEC);
  if (context < 0) return context;
  const made = rawSyscall(NR.fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0);
  const root = made < 0 ? made : rawSyscall(NR.fsmount, context, FSMOUNT_CLOEXEC, 0);
  view.close(context);
  return root;
}
