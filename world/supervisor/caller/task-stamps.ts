/**
 * A stamp is a number for one thread in one program: equal stamps mean that an answer about the task may be used again.
 *
 * Model: a pidfd of the thread (PIDFD_THREAD, since Linux 6.9; before, only of a thread group leader) shows whether its
 * thread id was reused. execve(2) of every supervised thread is notified before it happens, and ends the stamp. When a
 * thread other than the leader executes a program it takes over the leader's id: such a process gets no stamp any more,
 * because the old leader may still be asked about until the exec is complete.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';
import { PIDFD_THREAD } from '../../../linux/process.ts';

/** No stamp: the thread cannot be distinguished from a later one with the same id. */
export const NO_STAMP = 0;

const { EPERM } = ERRNO;
/** Each holds a descriptor. */
const REMEMBERED = 64;
/** Of so many processes whose program was executed by a thread other than the leader, and of each doubling, the ended are forgotten. */
const MANY_REPLACED = 4096;

interface Known {
  readonly pidfd: number;
  stamp: number;
}

export class TaskStamps {
  /** By thread id; the one that was asked about last is the last. */
  readonly #known = new Map<Tid, Known>();
  readonly #replaced = new Set<Tid>();
  #many = MANY_REPLACED;
  #next = 1;
  /** Of the thread that was asked about last in this call. */
  #last: Known | undefined;
  #lastTid: Tid | undefined;

  /** To be called for each call: threads may have ended since the one before. */
  forget(): void {
    this.#lastTid = undefined;
  }

  /** @returns {@link NO_STAMP}, or a number that means this thread in this program. `tid` must be blocked in a notified call. */
  of(tid: Tid): number {
    if (tid !== this.#lastTid) {
      this.#last = this.#find(tid);
      this.#lastTid = tid;
    }
    return this.#last?.stamp ?? NO_STAMP;
  }

  #find(tid: Tid): Known | undefined {
    const known = this.#known.get(tid);
    if (known !== undefined && isAlive(known.pidfd)) {
      if (this.#known.size > REMEMBERED / 2) {
        this.#known.delete(tid);
        this.#known.set(tid, known);
      }
      return known;
    }
    this.#forget(tid);
    if (this.#replaced.has(tid)) return undefined;
    const pidfd = rawSyscall(NR.pidfd_open, tid, PIDFD_THREAD);
    const opened = pidfd < 0 ? rawSyscall(NR.pidfd_open, tid, 0) : pidfd;
    if (opened < 0) return undefined;
    const [oldest] = this.#known.size < REMEMBERED ? [] : this.#known.keys();
    if (oldest !== undefined) this.#forget(oldest);
    const made = { pidfd: opened, stamp: this.#next++ };
    this.#known.set(tid, made);
    return made;
  }

  /**
   * The thread is about to execute a program. @param process its thread group; `undefined` = it has ended.
   * @returns its stamp in that program; {@link NO_STAMP} = it will get another one.
   */
  executes(tid: Tid, process: Tgid | undefined): number {
    this.forget();
    const known = this.#known.get(tid);
    if (process === tid && known !== undefined) {
      known.stamp = this.#next++; // the leader keeps its number, and its pidfd is that of the program then
      return known.stamp;
    }
    this.#forget(tid);
    if (process === undefined || process === tid) return NO_STAMP;
    this.#forget(process);
    if (this.#replaced.size >= this.#many) this.#forgetEnded();
    this.#replaced.add(process);
    return NO_STAMP;
  }

  #forgetEnded(): void {
    for (const one of this.#replaced) if (!exists(one)) this.#replaced.delete(one);
    this.#many = Math.max(MANY_REPLACED, 2 * this.#replaced.size);
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

/** Signal 0 tells whether the thread exists; EPERM means that it does, too. */
const isAlive = (pidfd: number): boolean => isSent(rawSyscall(NR.pidfd_send_signal, pidfd, 0, 0, 0));
const exists = (process: Tid): boolean => isSent(rawSyscall(NR.kill, process, 0));
const isSent = (result: number): boolean => result === 0 || result === -EPERM;
