/**
 * How long another thread is waited for, however little of the processors it gets.
 *
 * Model: on a busy machine a thread is runnable and gets no processor, for many seconds where others have priority. Then
 * what it ran counts, and else all time; as it is found at each look (proc_pid_stat(5)).
 */
import { readFileSync } from 'node:fs';
import { USER_HZ } from '../../linux/process.ts';
import { STAT, statField } from '../procfs/stat.ts';

const MS_PER_TICK = 1000 / USER_HZ;

export interface ThreadActivity {
  /** Does it run, or is it ready to? */
  readonly runs: boolean;
  /** Processor time that it has had, ms. */
  readonly used: number;
}

/** @param thread its directory in /proc. A thread that is not there does nothing. */
export function activityOf(thread: string): ThreadActivity {
  try {
    const stat = readFileSync(`${thread}/stat`, 'latin1');
    const ticks = Number(statField(stat, STAT.userTime)) + Number(statField(stat, STAT.systemTime));
    return { runs: statField(stat, STAT.state) === 'R', used: ticks * MS_PER_TICK };
  } catch {
    return { runs: false, used: 0 };
  }
}

export class ThreadPatience {
  readonly #look: () => ThreadActivity;
  readonly #now: () => number;
  #left: number;
  #at: number;
  #used: number;

  /** @param limit ms @param now ms, of a clock that never goes back. */
  constructor(limit: number, look: () => ThreadActivity, now = () => performance.now()) {
    this.#left = limit;
    this.#look = look;
    this.#now = now;
    this.#at = now();
    this.#used = look().used;
  }

  /** Looks at the thread. @returns whether it has had its time. */
  isOver(): boolean {
    const now = this.#now();
    const { runs, used } = this.#look();
    this.#left -= runs ? used - this.#used : now - this.#at;
    this.#at = now;
    this.#used = used;
    return this.#left <= 0;
  }
}
