/**
 * Every file of a tree, by descriptor.
 *
 * Model: each name is opened O_PATH in the directory that was opened before it, and never followed (openat2(2)), so whoever
 * renames directories or puts symbolic links in their places meanwhile leads us nowhere else. Mounts below are left out.
 */
import { readdirSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';
import { AT_FDCWD, O_NOFOLLOW, RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV } from '../../linux/fcntl.ts';
import type { OwnFiles } from '../supervisor/caller/own-files.ts';

const { ENOENT, EXDEV, ENOTDIR } = ERRNO;
const WITHIN = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH;
/** It is gone, a mount, or no directory any more. */
const LEFT_OUT: readonly number[] = [-ENOENT, -EXDEV, -ENOTDIR];

export interface TreeFile {
  /** Beginning as the path that was given; latin-1. */
  readonly path: string;
  /** O_PATH; closed when the next file is asked for. */
  readonly fd: number;
}

/** What could not be looked at. */
export type WalkFailed = (path: string, errno: number) => void;

/** The file at `path` (a symbolic link itself), and where that is a directory all that is below it. */
export function* walkTree(files: OwnFiles, path: string, failed: WalkFailed): Generator<TreeFile> {
  const fd = files.openAt2(AT_FDCWD, path, O_NOFOLLOW, 0);
  if (fd < 0) return failed(path, -fd);
  yield* walk(files, { path, fd }, failed);
}

function* walk(files: OwnFiles, at: TreeFile, failed: WalkFailed): Generator<TreeFile> {
  try {
    yield at;
    if (files.identity(at.fd)?.directory !== true) return;
    for (const name of namesIn(at, failed)) {
      const path = at.path.endsWith('/') ? `${at.path}${name}` : `${at.path}/${name}`;
      const fd = files.openAt2(at.fd, name, O_NOFOLLOW, WITHIN);
      if (fd >= 0) yield* walk(files, { path, fd }, failed);
      else if (!LEFT_OUT.includes(fd)) failed(path, -fd);
    }
  } finally {
    files.close(at.fd);
  }
}

function namesIn({ path, fd }: TreeFile, failed: WalkFailed): string[] {
  try {
    return readdirSync(`/proc/thread-self/fd/${fd}`, 'latin1').sort();
  } catch (error) {
    const { errno = -ENOENT } = error as NodeJS.ErrnoException;
    if (!LEFT_OUT.includes(errno)) failed(path, -errno);
    return [];
  }
}
