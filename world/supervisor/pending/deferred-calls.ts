/**
 * Calls whose callers have to wait for their turn (paced-senders.ts), while the thread takes others.
 *
 * Model: the caller stays blocked by its notification, of which a copy is kept. The calls have turns one after the other, in the order in
 * which they came; at its turn a call is handled from its beginning.
 */
import type { Notification } from '../notification.ts';

/** Calls of more senders are served at once. */
const LIMIT = 65_536;
const NS_PER_MS = 1_000_000;
/** The longest wait that is asked for at a time. */
const PAUSE_MAX_MS = 500;

export class DeferredCalls {
  readonly #call: Pick<Notification, 'copy' | 'leave' | 'restore' | 'waiting'>;
  readonly #turn: { readonly pause: number };
  readonly #stays: boolean;
  readonly #requests: Uint8Array[] = [];

  /**
   * @param turn milliseconds until the next turn; 0 = now.
   * @param stays the thread is there as long as its listener; others let nobody wait.
   */
  constructor(
    call: Pick<Notification, 'copy' | 'leave' | 'restore' | 'waiting'>,
    turn: { readonly pause: number },
    stays: boolean,
  ) {
    this.#call = call;
    this.#turn = turn;
    this.#stays = stays;
  }

  /** Leaves the current call for later. @returns `false`: there are too many. */
  defer(): boolean {
    if (!this.#stays || this.#requests.length >= LIMIT) return false;
    this.#requests.push(this.#call.copy());
    this.#call.leave();
    return true;
  }

  /** Until the next one has its turn, nanoseconds; `undefined` = there is none. */
  get pause(): bigint | undefined {
    if (this.#requests.length === 0) return undefined;
    return BigInt(Math.round(Math.min(this.#turn.pause, PAUSE_MAX_MS) * NS_PER_MS));
  }

  /** To be called between two calls. @param handle answers what has become the current call. */
  resume(handle: () => void): void {
    while (this.#requests.length > 0 && this.#turn.pause === 0) {
      this.#call.restore(this.#requests.shift() ?? new Uint8Array(0));
      if (this.#call.waiting) {
        handle();
        return;
      }
      this.#call.leave();
    }
  }
}
