/**
 * Waits for changes of mount namespaces by polling, as long as there is a waiter.
 *
 * Node cannot wait for POLLPRI on a procfs file without a thread for each, so this is a timer.
 */

import { InstantPoll } from '../../../host/files/poll.ts';
import { POLLERR, POLLPRI } from '../../../linux/poll.ts';

const PERIOD_MS = 25;
const CHANGE = POLLPRI | POLLERR;

/** An open mount table of the host, and whether its reader has a change to be reported. */
export class WatchedTable {
  readonly fd: number;
  readonly #poll: InstantPoll;
  #changed = false;
  wake: (() => void) | undefined;

  constructor(fd: number, poll: InstantPoll) {
    this.fd = fd;
    this.#poll = poll;
  }

  /** Was there a change? Asking resets the event of the host's file. */
  look(): boolean {
    if ((this.#poll.events(this.fd, CHANGE) & CHANGE) !== 0) this.#changed = true;
    return this.#changed;
  }

  /** To be called when the change was reported to the reader. */
  told(): void {
    this.#changed = false;
  }
}

export class MountWatch {
  readonly #poll = new InstantPoll();
  readonly #waiting = new Set<WatchedTable>();
  #timer: NodeJS.Timeout | undefined;

  table(fd: number): WatchedTable {
    return new WatchedTable(fd, this.#poll);
  }

  /** Wakes the table's reader once, at the next change. */
  add(table: WatchedTable): void {
    this.#waiting.add(table);
    this.#timer ??= setInterval(() => this.#look(), PERIOD_MS);
  }

  remove(table: WatchedTable): void {
    this.#waiting.delete(table);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(): void {
    for (const table of [...this.#waiting]) {
      if (!table.look()) continue;
      this.remove(table);
      table.wake?.();
    }
  }
}
