/**
 * Files and links of /proc/<tid>, read without waiting for who holds that process or its memory.
 *
 * Model: execve(2) takes `exec_update_lock` of the process and keeps it while it closes files; where a user serves one of
 * them, the kernel waits for his answer (do_close_on_exec(), fuse_flush()). Reading these waits for the lock: `stat`,
 * `exe`, `cwd`, `root`, `fd/N`, `ns/*`, `map_files`, `io`, `wchan`, `stack`, `syscall`, `personality`, `auxv`, `environ`,
 * `maps` and its like; so do pidfd_getfd(2) and kcmp(2). These do not: `status`, `statm`, `comm`, `limits`, `cgroup`,
 * `mountinfo` and its like, `uid_map` and its like, `children`, `sched`, the names in `fd` and `task`, and namespaces by
 * ioctl(2) on a pidfd (each tried on Linux 6.18.44). Nor does `fdinfo/N`, but that of an epoll instance waits for
 * epoll_wait(2) while it writes events to memory (ep_show_fdinfo(), ep_send_events()). Looking up a name in `map_files`
 * waits for the lock of the memory.
 */
import { constants, openSync, readFileSync, readlinkSync } from 'node:fs';
import { ERRNO } from '../../linux/errno.ts';
import { type Tid, tidOf } from '../../linux/ids.ts';
import type { BoundedAccess } from '../memory/bounded-access.ts';
import { WaitingError } from './helper/bounded-calls.ts';
import { ProcessHolders } from './process-holders.ts';

/** @returns latin-1; `undefined` when it cannot be read. @throws WaitingError */
export function processFile(
  { bounded }: { readonly bounded: Pick<BoundedAccess, 'readFile'> | undefined },
  tid: Tid,
  name: string,
): string | undefined {
  if (bounded !== undefined) {
    const content = bounded.readFile(tid, name);
    return typeof content === 'number' ? undefined : content.toString('latin1');
  }
  try {
    return readFileSync(`/proc/${tid}/${name}`, 'latin1');
  } catch {
    return undefined;
  }
}

/** For a thread that supervises nobody; one per thread, so that it waits for a process once. */
export class ProcessFiles {
  readonly #holders = new ProcessHolders();

  /** @returns latin-1; `undefined` when it cannot be read, or that would wait. */
  read(tid: number, name: string): string | undefined {
    return this.#look((bounded) => processFile({ bounded }, tidOf(tid), name), undefined);
  }

  /** Target of a link; `undefined` when it cannot be read, or that would wait. */
  link(tid: number, name: string): string | undefined {
    const target = this.followed(tid, name);
    return typeof target === 'number' ? undefined : target;
  }

  /** The same, or a negative errno; EAGAIN = that would wait. */
  followed(tid: number, name: string): string | number {
    return this.#look((bounded) => {
      if (bounded !== undefined) return bounded.readlinks(tidOf(tid), [name])[0] ?? -ERRNO.EIO;
      try {
        return readlinkSync(`/proc/${tid}/${name}`, 'latin1');
      } catch (error) {
        return errnoOf(error);
      }
    }, -ERRNO.EAGAIN);
  }

  /** Several links, by helpers; none where that would wait. `undefined` while nobody can hold a process: then our own calls do. */
  linksByHelpers(tid: number, names: readonly string[]): readonly (string | number)[] | undefined {
    return this.#look((bounded) => bounded?.readlinks(tidOf(tid), names), []);
  }

  /** Opens it, close-on-exec. @returns a negative errno on failure; EAGAIN = that would wait. */
  open(tid: number, name: string, flags: number = constants.O_RDONLY): number {
    return this.#look((bounded) => {
      if (bounded !== undefined) return bounded.open(tidOf(tid), name, flags);
      try {
        return openSync(`/proc/${tid}/${name}`, flags);
      } catch (error) {
        return errnoOf(error);
      }
    }, -ERRNO.EAGAIN);
  }

  close(): void {
    this.#holders.close();
  }

  #look<T>(look: (bounded: BoundedAccess | undefined) => T, waits: T): T {
    this.#holders.forget();
    try {
      return look(this.#holders.access);
    } catch (error) {
      if (error instanceof WaitingError) return waits;
      throw error;
    }
  }
}

/** For who looks once. */
export function lookOnce<T>(look: (files: ProcessFiles) => T): T {
  const files = new ProcessFiles();
  try {
    return look(files);
  } finally {
    files.close();
  }
}

function errnoOf(error: unknown): number {
  return (error as NodeJS.ErrnoException).errno ?? -ERRNO.EIO;
}
