/**
 * Programs about whose execution a supervisor's thread knows the answer: it announces them to the daemon's main thread here, without a
 * question and without waking it.
 *
 * Model: memory that both share. A program that was decided about has a number (daemon/facts/executions.ts). A thread that
 * lets a process execute it puts the number into the slot of that process before the call goes on; the main thread takes it
 * out when it hears that the process executed something, or ended. A slot that is not empty, for a call that failed, a
 * program before this one that the main thread has not heard of yet, or another process, is left alone: then the main
 * thread is asked, which hears of what happened first. So is one of a process about whose program it was asked, until it
 * has heard what became of that.
 *
 * The answers hold for every task as long as all are judged alike (lsm/framework/files/exec-subjects.ts). The main thread moves the
 * generation when that may end: before an exec that may change a label goes on, and when a process comes from outside.
 */
import type { Tgid } from '../../../linux/ids.ts';

const GENERATION = 0;
const FIRST = 1;
/** Process id, number of the program, and how many processes of the slot were asked about. */
const SLOT_WORDS = 3;
const SLOTS = 1024;
const EMPTY = 0;
const ASKED = 2;
/** Being filled. */
const BUSY = -1;

export class ProgramAnnouncements {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer((FIRST + SLOTS * SLOT_WORDS) * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  get generation(): number {
    return Atomics.load(this.#words, GENERATION);
  }

  /** Answers given before hold no more. */
  moveGeneration(): void {
    Atomics.add(this.#words, GENERATION, 1);
  }

  /** The process executes this program next. @returns `false`: the main thread must be asked. */
  announce(tgid: Tgid, program: number): boolean {
    const slot = slotOf(tgid);
    if (Atomics.compareExchange(this.#words, slot, EMPTY, BUSY) !== EMPTY) return false;
    Atomics.store(this.#words, slot + 1, program);
    Atomics.store(this.#words, slot, tgid);
    // After that: the main thread closes it first and looks for what is announced then, so one of the two sees the other.
    if (Atomics.load(this.#words, slot + ASKED) === 0) return true;
    this.clear(tgid);
    return false;
  }

  /** Of the main thread. @returns the number of the program that is announced; `undefined` = none is. */
  of(tgid: number): number | undefined {
    const slot = slotOf(tgid);
    return Atomics.load(this.#words, slot) === tgid ? Atomics.load(this.#words, slot + 1) : undefined;
  }

  /** Takes out what is announced of the process. */
  clear(tgid: number): void {
    Atomics.compareExchange(this.#words, slotOf(tgid), tgid, EMPTY);
  }

  /** Of the main thread, before it looks at what is announced and answers about another program: until {@link open} nothing is. */
  close(tgid: number): void {
    Atomics.add(this.#words, slotOf(tgid) + ASKED, 1);
  }

  /** Of the main thread. */
  open(tgid: number): void {
    Atomics.sub(this.#words, slotOf(tgid) + ASKED, 1);
  }
}

function slotOf(tgid: number): number {
  return FIRST + (tgid % SLOTS) * SLOT_WORDS;
}
