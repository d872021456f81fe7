/**
 * Calls of execve(2) that may change the label of their process, until it is known what became of them: meanwhile nothing about labels
 * may be remembered for all.
 *
 * Model: a program that runs is announced by an event, and so is the end of a process; nobody tells of a call that has failed. While one
 * is not known to be over, the supervisor's threads are told of it with the answers that could not be for all, and look where its thread
 * is (supervisor/pending/failed-execs.ts). A call can take as long as its caller likes, so it is looked for less and less often.
 */
import type { Tgid, Tid } from '../../../linux/ids.ts';
import type { ExecInDoubt } from '../../supervisor/protocol/exec-in-doubt.ts';

interface UnderWay extends ExecInDoubt {
  readonly tgid: Tgid;
  /** ms: when it is to be looked for, and how long after that once more. */
  readonly due: number;
  readonly pause: number;
}

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;
/** So many are told of at a time, of so many that are looked through. */
const MOST_TOLD = 4;
const MOST_SEEN = 64;

export class LabelChanges {
  readonly #now: () => number;
  /** By thread; who was told of last is the last. */
  readonly #underWay = new Map<Tid, UnderWay>();
  #next = 1;

  /** @param now in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get any(): boolean {
    return this.#underWay.size > 0;
  }

  has(tid: Tid): boolean {
    return this.#underWay.has(tid);
  }

  add(tid: Tid, tgid: Tgid): void {
    this.#underWay.set(tid, {
      tid,
      tgid,
      number: this.#next++,
      due: this.#now() + FIRST_PAUSE_MS,
      pause: FIRST_PAUSE_MS,
    });
  }

  /** The thread makes another call, or has ended. */
  forget(tid: Tid): void {
    this.#underWay.delete(tid);
  }

  /** The program of this process runs, or it has ended. */
  forgetProcess(tgid: number): void {
    for (const one of this.#underWay.values()) if (one.tgid === tgid) this.#underWay.delete(one.tid);
  }

  /** This call of the thread has failed. */
  failed({ tid, number }: ExecInDoubt): void {
    if (this.#underWay.get(tid)?.number === number) this.#underWay.delete(tid);
  }

  /** Those that are to be looked for now. */
  due(): ExecInDoubt[] {
    const told: ExecInDoubt[] = [];
    const now = this.#now();
    let left = MOST_SEEN;
    for (const one of this.#underWay.values()) {
      if (left-- === 0 || told.length === MOST_TOLD) break;
      if (one.due > now) continue;
      const pause = Math.min(2 * one.pause, LONGEST_PAUSE_MS);
      told.push({ tid: one.tid, number: one.number });
      this.#underWay.delete(one.tid);
      this.#underWay.set(one.tid, { ...one, pause, due: now + pause });
    }
    return told;
  }
}
