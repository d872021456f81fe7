/**
 * Senders of messages that must not keep others waiting: processes in audit containers, one of which may send as fast as it can.
 *
 * Model: kernel/audit.c lets a sender wait in its own time (audit_backlog_wait_time). Here a message costs time of threads that
 * others need, too. So after a message of such a sender all of them wait nine times as long as that one took, while calls
 * of others come; nobody else waits for them. Alone they are served at once.
 */

/** Of the time, what senders in containers may take together while others are at work: one part of this. */
const PARTS = 10;
/** For so long after a call of somebody else he is taken to be at work. */
const OTHERS_MS = 20;
/** They do not wait longer for their turn, whatever the last message cost. */
const WAIT_MAX_MS = 100;

export class PacedSenders {
  readonly #now: () => number;
  /** When one of them has its turn, milliseconds. */
  #turn = 0;
  #other = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds, from any point on. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Somebody makes a call who is no such sender. */
  othersWork(): void {
    this.#other = this.#now();
  }

  /** Until the next of them has its turn, milliseconds; 0 = now. */
  get pause(): number {
    const now = this.#now();
    return Math.max(0, Math.min(this.#turn, this.#other + OTHERS_MS) - now);
  }

  /** A message was served. @param began when that began. */
  served(began: number): void {
    const now = this.#now();
    this.#turn = now + Math.min(WAIT_MAX_MS, (now - began) * (PARTS - 1));
  }
}
