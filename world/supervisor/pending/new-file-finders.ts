/** How a file is found that a call has made. Descriptors are the caller's to close. */
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NOFOLLOW, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../../linux/fcntl.ts';
import type { CallerFd, Tid } from '../../../linux/ids.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { InodeClock } from './new-inode.ts';

const { ENOENT } = ERRNO;

type View = Pick<CallerView, 'close' | 'descriptors' | 'openAt2' | 'readlinkAt'>;

/** Opens what has the name in the directory once it is another file than at the first look; else a negative errno. */
export function otherThanNow(
  view: View,
  clock: Pick<InodeClock, 'historyOf'>,
  directory: number,
  name: string,
): () => number {
  let first: { readonly ino: string | undefined } | undefined;
  return () => {
    const fd = view.openAt2(directory, name, O_NOFOLLOW, RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
    if (fd < 0) return fd;
    const ino = clock.historyOf(fd)?.ino;
    first ??= { ino };
    if (first.ino !== ino) return fd;
    view.close(fd);
    return -ENOENT;
  };
}

/**
 * Where open(2) makes a file because a symbolic link leads to nothing.
 * @param fd what is at `path`. @returns a path from the same directory; `undefined` = it is no such link.
 */
export function missingTarget(
  view: Pick<CallerView, 'close' | 'readlinkAt' | 'resolveForCaller'>,
  tid: Tid,
  dirfd: CallerFd,
  path: string,
  fd: number,
): string | undefined {
  const target = view.readlinkAt(fd, '');
  if (target === undefined) return undefined;
  const led = view.resolveForCaller(tid, dirfd, path, 0);
  if (led >= 0) view.close(led);
  if (led !== -ENOENT) return undefined;
  return target.startsWith('/') ? target : `${path.slice(0, path.lastIndexOf('/') + 1)}${target}`;
}

/**
 * Open files that were made without a name: inode number to a descriptor of the thread. The kernel calls them `#<ino>`
 * (d_mark_tmpfile), and so may others.
 */
export function unnamedFiles(view: View, tid: Tid): Map<string, CallerFd> {
  const files = new Map<string, CallerFd>();
  for (const fd of view.descriptors(tid)) {
    const file = /\/#(\d+) \(deleted\)$/.exec(view.readlinkAt(AT_FDCWD, `/proc/${tid}/fd/${fd}`) ?? '')?.[1];
    if (file !== undefined) files.set(file, fd);
  }
  return files;
}
