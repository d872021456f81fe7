/**
 * A copy of a caller's descriptor: the same open file, so socket options and the file position are those of the caller.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import type { CallerView } from './caller-view.ts';

const { ESRCH, ENOTSOCK } = ERRNO;

/** pidfd_getfd(2) knows tables of processes; this thread has one of its own. @returns a descriptor of ours or a negative errno. */
export function copyDescriptor(view: CallerView, tid: Tid, fd: CallerFd): number {
  if (tid === view.ownThread) return view.duplicate(fd);
  const pidfd = processDescriptor(view, tid);
  if (pidfd < 0) return pidfd;
  const copy = rawSyscall(NR.pidfd_getfd, pidfd, fd, 0);
  view.close(pidfd);
  return copy;
}

/**
 * As {@link copyDescriptor}, of sockets alone: closing the copy of another file can wait for the server of its filesystem.
 * @returns -ENOTSOCK for others.
 */
export function copySocket(view: CallerView, tid: Tid, fd: CallerFd): number {
  const link = view.readlinkAt(AT_FDCWD, `/proc/${tid}/fd/${fd}`);
  return link?.startsWith('socket:[') === true ? copyDescriptor(view, tid, fd) : -ENOTSOCK;
}

/** A pidfd is made from the number of a thread group leader, which most callers are. */
function processDescriptor(view: CallerView, tid: Tid): number {
  const leader = rawSyscall(NR.pidfd_open, tid, 0);
  if (leader >= 0) return leader;
  const status = view.status(tid);
  return status === undefined ? -ESRCH : rawSyscall(NR.pidfd_open, status.tgid, 0);
}
