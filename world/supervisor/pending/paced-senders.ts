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
/** Senders that are known. One that was forgotten does not wait with its next message. */
const LIMIT = 4096;

export class PacedSenders {
  readonly #now: () => number;
  /** Inode numbers of their sockets. */
  readonly #sockets = new Set<number>();
  /** When one of them has its turn, milliseconds. */
  #turn = 0;
  #other = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds, from any point on. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Somebody makes a call who is no such sender. */
  othersWork(): void {
    if (this.#sockets.size > 0) this.#other = this.#now();
  }

  /** When the sender has its turn; `undefined` = now. */
  turnOf(socket: number): number | undefined {
    if (!this.#sockets.has(socket)) return undefined;
    const now = this.#now();
    return this.#turn <= now || now - this.#other > OTHERS_MS ? undefined : this.#turn;
  }

  /** A message was served. @param began when that began. */
  served(socket: number, began: number): void {
    const now = this.#now();
    if (this.#sockets.size >= LIMIT) this.#sockets.clear();
    this.#sockets.add(socket);
    this.#turn = now + Math.min(WAIT_MAX_MS, (now - began) * (PARTS - 1));
  }
}
