/**
 * How long is waited for what is being sent to the kernel (notifier.ts).
 *
 * Model: a message is blocked when its thread is found in write(2) at {@link LOOKS} looks, one after the other: it may wait
 * for what a user holds, a directory whose names are being copied to memory of his, say. One whose thread only waits for a
 * processor is not, and a load of a policy sends hundreds of messages. Both have an end, as nobody may wait for ever.
 */
export const LOOKS = 2;
/** ms for one message that is not found blocked, and for all that are waited for. */
const MOST_EACH = 1000;
const MOST = 10_000;

export class SendPatience {
  readonly #now: () => number;
  readonly #begin: number;
  /** The message that was under way at the last look, and since when, as far as we know. */
  #message: number;
  #since: number;
  #blocked = 0;

  /** @param message serial of the one under way @param now ms, of a clock that never goes back. */
  constructor(message: number, now = () => performance.now()) {
    this.#now = now;
    this.#begin = now();
    this.#message = message;
    this.#since = this.#begin;
  }

  /** A look. @param isBlocked is its thread in write(2)? */
  isOver(message: number, isBlocked: () => boolean): boolean {
    const now = this.#now();
    if (message !== this.#message) {
      this.#message = message;
      this.#since = now;
      this.#blocked = 0;
    }
    this.#blocked = isBlocked() ? this.#blocked + 1 : 0;
    return this.#blocked >= LOOKS || now - this.#since >= MOST_EACH || now - this.#begin >= MOST;
  }
}
