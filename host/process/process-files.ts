/**
 * Files and links of /proc/<tid>.
 *
 * Model: some of them wait for locks of the process, as everybody's look at it does (docs/background/security.md). execve(2) keeps
 * `exec_update_lock` while it closes files; for that lock wait `stat`, `exe`, `cwd`, `root`, `fd/N`, `ns/*`, `map_files`, `io`, `wchan`,
 * `stack`, `syscall`, `personality`, `auxv`, `environ`, `maps` and its like, pidfd_getfd(2) and kcmp(2). `status`, `statm`, `comm`,
 * `limits`, `cgroup`, `mountinfo` and its like, `uid_map` and its like, `children`, `sched`, the names in `fd` and `task`, and namespaces
 * by ioctl(2) on a pidfd do not (each tried on Linux 6.18.44).
 */
import { constants, openSync, readFileSync, readlinkSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';

/** @returns latin-1; `undefined` when it cannot be read. */
export function processFile(tid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${tid}/${name}`, 'latin1');
  } catch {
    return undefined;
  }
}

/** Target of a link; `undefined` when it cannot be read. */
export function processLink(tid: number, name: string): string | undefined {
  const target = followProcessLink(tid, name);
  return typeof target === 'number' ? undefined : target;
}

/** The same, or a negative errno. */
export function followProcessLink(tid: number, name: string): string | number {
  try {
    return readlinkSync(`/proc/${tid}/${name}`, 'latin1');
  } catch (error) {
    return errnoOf(error);
  }
}

/** Opens it, close-on-exec. @returns a negative errno on failure. */
export function openProcessFile(tid: number, name: string, flags: number = constants.O_RDONLY): number {
  try {
    return openSync(`/proc/${tid}/${name}`, flags);
  } catch (error) {
    return errnoOf(error);
  }
}

function errnoOf(error: unknown): number {
  return (error as NodeJS.ErrnoException).errno ?? -ERRNO.EIO;
}
