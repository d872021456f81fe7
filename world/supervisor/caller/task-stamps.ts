/**
 * Is a thread the one, and does it run the program, that was asked about before? Answers about a task may be kept with its stamp.
 *
 * Model: a pidfd of the thread (PIDFD_THREAD, since Linux 6.9; before, only of the first thread of a process) stays
 * with it when its number is given to another. A program that is executed is announced by its system call, which every
 * supervised thread makes through us. It gets the number of the process, also when another thread than the first one
 * has executed it: such a process is not remembered any more, because its first thread may be asked about until the
 * very end.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import { PIDFD_THREAD } from '../../../linux/process.ts';

/** The thread cannot be told from others. */
export const NO_STAMP = 0;

const { EPERM } = ERRNO;
/** Each holds a descriptor. */
const REMEMBERED = 64;
/** Processes that were replaced by a thread other than the first; more are not honest. */
const MOST_REPLACED = 4096;

interface Known {
  readonly pidfd: number;
  readonly stamp: number;
}

export class TaskStamps {
  /** By thread id; the one that was asked about last is the last. */
  readonly #known = new Map<Tid, Known>();
  readonly #replaced = new Set<Tid>();
  #next = 1;

  /** Not {@link NO_STAMP}: the same number means the same thread in the same program. `tid` must be waiting for us. */
  of(tid: Tid): number {
    const known = this.#known.get(tid);
    if (known !== undefined && isAlive(known.pidfd)) {
      if (this.#known.size > REMEMBERED / 2) {
        this.#known.delete(tid);
        this.#known.set(tid, known);
      }
      return known.stamp;
    }
    this.#forget(tid);
    if (this.#replaced.has(tid) || this.#replaced.size >= MOST_REPLACED) return NO_STAMP;
    const pidfd = rawSyscall(NR.pidfd_open, tid, PIDFD_THREAD);
    const opened = pidfd < 0 ? rawSyscall(NR.pidfd_open, tid, 0) : pidfd;
    if (opened < 0) return NO_STAMP;
    const [oldest] = this.#known.size < REMEMBERED ? [] : this.#known.keys();
    if (oldest !== undefined) this.#forget(oldest);
    const stamp = this.#next++;
    this.#known.set(tid, { pidfd: opened, stamp });
    return stamp;
  }

  /** The thread is about to execute a program. @param processOf finds its thread group. */
  executes(tid: Tid, processOf: (tid: Tid) => Tgid | undefined): void {
    this.#forget(tid);
    const first = rawSyscall(NR.pidfd_open, tid, 0); // of first threads only
    if (first >= 0) {
      rawSyscall(NR.close, first);
      return;
    }
    const process = processOf(tid);
    if (process === undefined) return;
    this.#forget(process);
    this.#replaced.add(process);
  }

  close(): void {
    for (const tid of [...this.#known.keys()]) this.#forget(tid);
  }

  #forget(tid: Tid): void {
    const known = this.#known.get(tid);
    if (known === undefined) return;
    rawSyscall(NR.close, known.pidfd);
    this.#known.delete(tid);
  }
}

/** Signal 0 asks whether the thread is there, whoever it belongs to. */
function isAlive(pidfd: number): boolean {
  const result = rawSyscall(NR.pidfd_send_signal, pidfd, 0, 0, 0);
  return result === 0 || result === -EPERM;
}
