/**
 * A stamp is a number for one thread in one program: equal stamps mean that an answer about the task may be used again.
 *
 * Model: the directory /proc/<tid> stays open, and belongs to the thread even when its id is reused: a look-up in it fails once the
 * thread has ended, and pidfd_send_signal(2) takes it for a pidfd (since Linux 5.1). execve(2) of every supervised thread is notified
 * before it happens, and ends the stamp. When a thread other than the leader executes a program it takes over the leader's id: such
 * a process gets no stamp any more, because the old leader may still be asked about until the exec is complete.
 */
import { NR } from '../../../host/libc.ts';
import { allocateNative, putString } from '../../../host/memory/native-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY } from '../../../linux/fcntl.ts';
import type { Tgid, Tid } from '../../../linux/ids.ts';

/** No stamp: the thread cannot be distinguished from a later one with the same id. */
export const NO_STAMP = 0;

const { EPERM } = ERRNO;
/** Each holds a descriptor. */
const REMEMBERED = 64;
/** Of so many processes whose program was executed by a thread other than the leader, and of each doubling, the ended are forgotten. */
const MANY_REPLACED = 4096;

/** Of the path of an entry. */
const PATH_SIZE = 32;
const NO_ENTRY = -1;

interface Known {
  /** /proc/<tid>: a descriptor of ours. */
  readonly entry: number;
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
  readonly #path = allocateNative(PATH_SIZE);

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

  /** As {@link of}, but the thread may have ended, and another may have its id: {@link found} or {@link of} tells. */
  assumed(tid: Tid): number {
    if (tid === this.#lastTid) return this.#last?.stamp ?? NO_STAMP;
    return this.#known.get(tid)?.stamp ?? this.of(tid);
  }

  /** /proc/<tid> of who {@link assumed} has told of, a descriptor of ours; -1 = it has no stamp. */
  entry(tid: Tid): number {
    return this.#known.get(tid)?.entry ?? NO_ENTRY;
  }

  /** A look-up below its {@link entry} has succeeded in this call: it is the same thread. */
  found(tid: Tid): void {
    if (tid === this.#lastTid) return;
    this.#last = this.#known.get(tid);
    this.#lastTid = tid;
    if (this.#last !== undefined) this.#isUsed(tid, this.#last);
  }

  /** Is who {@link assumed} has told of the same thread still? */
  isSame(tid: Tid): boolean {
    const stamp = this.assumed(tid);
    return stamp !== NO_STAMP && this.of(tid) === stamp;
  }

  #isUsed(tid: Tid, known: Known): void {
    if (this.#known.size <= REMEMBERED / 2) return;
    this.#known.delete(tid);
    this.#known.set(tid, known);
  }

  #find(tid: Tid): Known | undefined {
    const known = this.#known.get(tid);
    if (known !== undefined && isAlive(known.entry)) {
      this.#isUsed(tid, known);
      return known;
    }
    this.#forget(tid);
    if (this.#replaced.has(tid)) return undefined;
    const entry = this.#open(tid);
    if (entry < 0) return undefined;
    const [oldest] = this.#known.size < REMEMBERED ? [] : this.#known.keys();
    if (oldest !== undefined) this.#forget(oldest);
    const made = { entry, stamp: this.#next++ };
    this.#known.set(tid, made);
    return made;
  }

  #open(tid: Tid): number {
    const path = putString(this.#path, 0, `/proc/${tid}`);
    return rawSyscall(NR.openat, AT_FDCWD, path, O_DIRECTORY | O_CLOEXEC);
  }

  /**
   * The thread is about to execute a program. @param process its thread group; `undefined` = it has ended.
   * @returns its stamp in that program; {@link NO_STAMP} = it will get another one.
   */
  executes(tid: Tid, process: Tgid | undefined): number {
    this.forget();
    const known = this.#known.get(tid);
    if (process === tid && known !== undefined) {
      known.stamp = this.#next++; // the leader keeps its number, and its entry is that of the program then
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
    rawSyscall(NR.close, known.entry);
    this.#known.delete(tid);
  }
}

/** Signal 0 tells whether the thread exists; EPERM means that it does, too. */
const isAlive = (entry: number): boolean => isSent(rawSyscall(NR.pidfd_send_signal, entry, 0, 0, 0));
const exists = (process: Tid): boolean => isSent(rawSyscall(NR.kill, process, 0));
const isSent = (result: number): boolean => result === 0 || result === -EPERM;
