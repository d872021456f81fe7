/**
 * Which thread has made which thread, where the proc connector does not say it: it names the parent of the process.
 *
 * Model: as long as the threads of a process are alike for the modules, any of them counts as the maker. Before one becomes different
 * (`differ`) the kernel is asked to record who makes whom (host/process/fork-records.ts), until no such process is left. The record of a
 * new thread comes a moment after its event and before it runs. So its maker is awaited, and there when the thread, or whoever it is made
 * by, makes its next request.
 */
import type { Tgid, Tid } from '../../linux/ids.ts';

/** The kernel's records; replaced in tests. */
export interface Records {
  makerOf(tid: Tid, tgid: Tgid, since: number): Tid | undefined;
  close(): void;
}

/** The clocks of event and record differ by less (ms), and no number is used again so soon. */
const SLACK_MS = 1;

export interface NewThread {
  readonly tid: Tid;
  readonly tgid: Tgid;
  /** ms of CLOCK_MONOTONIC, when it was made. */
  readonly time: number;
}

export class ThreadMakers {
  readonly #open: () => Records | undefined;
  #isRefused = false;
  #records: Records | undefined;
  /** Processes whose threads may differ. */
  readonly #differing = new Set<Tgid>();
  /** New threads without a record yet, in the order in which they were made. */
  readonly #awaited = new Map<Tid, NewThread>();

  /** @param open `undefined` where the kernel records nothing for us */
  constructor(open: () => Records | undefined) {
    this.#open = open;
  }

  /** The threads of this process are about to differ. @returns whether recording begins now. */
  differ(tgid: Tgid): boolean {
    this.#differing.add(tgid);
    if (this.#records !== undefined || this.#isRefused) return false;
    this.#records = this.#open();
    this.#isRefused = this.#records === undefined;
    return !this.#isRefused;
  }

  /** @returns whether its maker matters and is not known yet: {@link settle} tells it. */
  awaits(thread: NewThread): boolean {
    if (this.#records === undefined || !this.#differing.has(thread.tgid)) return false;
    this.#awaited.set(thread.tid, thread);
    return true;
  }

  /** Tells the makers that are known by now. @param overdue its record must be there: it is told without a maker, too. */
  settle(tell: (thread: NewThread, maker: Tid | undefined) => void, overdue?: (thread: NewThread) => boolean): void {
    for (const thread of this.#awaited.values()) {
      const maker = this.#records?.makerOf(thread.tid, thread.tgid, thread.time - SLACK_MS);
      if (maker === undefined && overdue?.(thread) !== true) continue;
      this.#awaited.delete(thread.tid);
      tell(thread, maker);
    }
  }

  get awaitsAny(): boolean {
    return this.#awaited.size > 0;
  }

  /** Who made it, as far as that is still recorded. */
  makerOf(tid: Tid, tgid: Tgid): Tid | undefined {
    return this.#differing.has(tgid) ? this.#records?.makerOf(tid, tgid, 0) : undefined;
  }

  /** The process has one thread now, or has ended. */
  forget(tgid: Tgid): void {
    if (!this.#differing.delete(tgid) || this.#differing.size > 0) return;
    this.close();
  }

  close(): void {
    this.#records?.close();
    this.#records = undefined;
  }
}
