/**
 * A caller that takes a descriptor, and has no processor to do so.
 *
 * Model: SECCOMP_IOCTL_NOTIF_ADDFD waits until the caller, woken for that, has put the descriptor into its table
 * (seccomp_do_user_notification() of kernel/seccomp.c). On a busy machine a caller that is ready to run holds the thread
 * that serves it longer than the watch over that thread allows (held-watch.ts). How soon it runs is up to its user, by
 * sched(7) and cgroups(7), who could keep all others waiting call by call, so that counts as work for a second, of which a
 * tenth of the time after it comes back.
 */
import { readFileSync } from 'node:fs';
import { NR } from '../../host/libc.ts';
import { callOf } from '../../host/process/thread-calls.ts';
import { statusField } from '../../host/procfs/status.ts';
import type { Tid } from '../../linux/ids.ts';
import { SECCOMP_IOCTL_NOTIF_ADDFD } from '../../linux/ioctl.ts';
import type { CallClock } from './protocol/call-clock.ts';

const MOST_MS = 1000;
/** What comes back of it, of the time that goes by. */
const RECOVERY = 0.1;
const REQUEST = `0x${SECCOMP_IOCTL_NOTIF_ADDFD.toString(16)}`;

export class SlowTaker {
  readonly #proc: string;
  readonly #now: () => number;
  /** What is left of {@link MOST_MS}, and when that was so. */
  #left = MOST_MS;
  #at: number;
  /** Of the call that was found so at that time. */
  #serial = -1;

  /** @param now ms, of a clock that never goes back. */
  constructor(proc = '/proc', now = () => performance.now()) {
    this.#proc = proc;
    this.#now = now;
    this.#at = now();
  }

  /** Does this thread of ours wait for its caller, and that for a processor? */
  delays(thread: Tid, { caller, serial }: Pick<CallClock, 'caller' | 'serial'>): boolean {
    const [call, , request] = callOf(`${this.#proc}/self/task/${thread}`);
    if (call !== `${NR.ioctl}` || request !== REQUEST || !this.#isReady(caller)) return false;
    const passed = this.#now() - this.#at;
    this.#at += passed;
    const spent = serial === this.#serial ? passed : 0;
    this.#serial = serial;
    this.#left = Math.max(0, Math.min(MOST_MS, this.#left + RECOVERY * (passed - spent) - spent));
    return this.#left > 0;
  }

  /** By a file that waits for nobody (host/process/process-files.ts). */
  #isReady(caller: Tid): boolean {
    try {
      return statusField(readFileSync(`${this.#proc}/${caller}/status`, 'latin1'), 'State')?.startsWith('R') === true;
    } catch {
      return false;
    }
  }
}
