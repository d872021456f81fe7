/**
 * Calls whose callers have to wait for their turn (paced-senders.ts), while the thread takes others.
 *
 * Model: the caller stays blocked by its notification, of which a copy is kept. At its time the call is handled from its beginning.
 */
import type { Notification } from '../notification.ts';

interface Deferred {
  readonly request: Uint8Array;
  /** Milliseconds, by the clock of the thread. */
  readonly turn: number;
}

/** Calls of more senders are served at once. */
const LIMIT = 256;
const NS_PER_MS = 1_000_000;
/** The longest wait that is asked for at a time. */
const PAUSE_MAX_MS = 500;

export class DeferredCalls {
  readonly #call: Pick<Notification, 'copy' | 'leave' | 'restore' | 'waiting'>;
  readonly #now: () => number;
  readonly #stays: boolean;
  #calls: Deferred[] = [];

  /**
   * @param now milliseconds, from any point on.
   * @param stays the thread is there as long as its listener; others let nobody wait.
   */
  constructor(call: Pick<Notification, 'copy' | 'leave' | 'restore' | 'waiting'>, now: () => number, stays: boolean) {
    this.#call = call;
    this.#now = now;
    this.#stays = stays;
  }

  /** Leaves the current call for later. @returns `false`: there are too many. */
  defer(turn: number): boolean {
    if (!this.#stays || this.#calls.length >= LIMIT) return false;
    this.#calls.push({ request: this.#call.copy(), turn });
    this.#call.leave();
    return true;
  }

  /** Until the next one has its turn, nanoseconds; `undefined` = there is none. */
  get pause(): bigint | undefined {
    if (this.#calls.length === 0) return undefined;
    const left = Math.min(...this.#calls.map(({ turn }) => turn)) - this.#now();
    return BigInt(Math.round(Math.min(Math.max(left, 0), PAUSE_MAX_MS) * NS_PER_MS));
  }

  /** To be called between two calls. @param handle answers what has become the current call. */
  resume(handle: () => void): void {
    if (this.#calls.length === 0) return;
    const now = this.#now();
    const due = this.#calls.filter(({ turn }) => turn <= now);
    this.#calls = this.#calls.filter(({ turn }) => turn > now);
    for (const { request } of due) this.#again(request, handle);
  }

  #again(request: Uint8Array, handle: () => void): void {
    this.#call.restore(request);
    if (this.#call.waiting) handle();
    else this.#call.leave();
  }
}
