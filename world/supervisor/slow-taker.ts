/**
 * A caller that takes a descriptor, and has no processor to do so.
 *
 * Model: SECCOMP_IOCTL_NOTIF_ADDFD waits until the caller, woken for that, has put the descriptor into its table
 * (seccomp_do_user_notification() of kernel/seccomp.c). On a busy machine a caller that is ready to run holds the thread
 * that serves it longer than the watch over that thread allows (held-watch.ts), so that counts as work, for a second.
 */
import { readFileSync } from 'node:fs';
import { NR } from '../../host/libc.ts';
import { callOf } from '../../host/process/thread-calls.ts';
import { statusField } from '../../host/procfs/status.ts';
import type { Tid } from '../../linux/ids.ts';
import { SECCOMP_IOCTL_NOTIF_ADDFD } from '../../linux/ioctl.ts';
import type { CallClock } from './protocol/call-clock.ts';

const MOST_MS = 1000;
const REQUEST = `0x${SECCOMP_IOCTL_NOTIF_ADDFD.toString(16)}`;

export class SlowTaker {
  readonly #proc: string;
  readonly #now: () => number;
  /** Of the call that was found last, and when that was so first. */
  #serial = -1;
  #since = 0;

  /** @param now ms, of a clock that never goes back. */
  constructor(proc = '/proc', now = () => performance.now()) {
    this.#proc = proc;
    this.#now = now;
  }

  /** Does this thread of ours wait for its caller, and that for a processor? */
  delays(thread: Tid, { caller, serial }: Pick<CallClock, 'caller' | 'serial'>): boolean {
    const [call, , request] = callOf(`${this.#proc}/self/task/${thread}`);
    if (call !== `${NR.ioctl}` || request !== REQUEST || !this.#isReady(caller)) return false;
    if (serial !== this.#serial) this.#since = this.#now();
    this.#serial = serial;
    return this.#now() - this.#since < MOST_MS;
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
