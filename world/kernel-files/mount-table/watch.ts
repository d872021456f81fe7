/**
 * Waiting for changes of mount namespaces: looked for again and again, as long as somebody waits.
 *
 * Node cannot wait for POLLPRI on a file of procfs without a thread for each, so this is a timer.
 */

import { InstantPoll } from '../../../host/files/poll.ts';
import { POLLERR, POLLPRI } from '../../../linux/poll.ts';

const PERIOD_MS = 25;
const CHANGE = POLLPRI | POLLERR;

/** An open mount table of the host, with the changes that its readers have not been told of. */
export class WatchedTable {
  readonly fd: number;
  readonly #poll: InstantPoll;
  #changed = false;
  wake: (() => void) | undefined;

  constructor(fd: number, poll: InstantPoll) {
    this.fd = fd;
    this.#poll = poll;
  }

  /** Was there a change? The host's file forgets it when it is asked. */
  look(): boolean {
    if ((this.#poll.events(this.fd, CHANGE) & CHANGE) !== 0) this.#changed = true;
    return this.#changed;
  }

  /** The reader has been told. */
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
