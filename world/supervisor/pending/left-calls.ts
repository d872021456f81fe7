/**
 * Calls that wait for a decision (lsm/framework/waiting-decision.ts), as the threads see them, which take others meanwhile.
 *
 * Model: the caller stays blocked by its notification, of which the main thread (waiting-calls.ts) keeps a copy. When the decision is
 * there one thread handles the call once more from its beginning: the program may be another one by then.
 */
import type { Notification } from '../notification.ts';
import type { Asks } from '../protocol/questions/index.ts';
import type { WaitingCount } from '../protocol/waiting-count.ts';

export class LeftCalls {
  /** Between two looks whether one is settled. */
  static readonly LOOK_NS = 20_000_000n;
  readonly #call: Pick<Notification, 'leave' | 'copy' | 'restore' | 'waiting'>;
  readonly #ask: Asks<'settled-call'>;
  readonly #count: Pick<WaitingCount, 'waiting' | 'settled'>;
  readonly #stays: boolean;

  /** @param stays the thread is there until the last call is settled. Others leave none, but take them up. */
  constructor(
    call: Pick<Notification, 'leave' | 'copy' | 'restore' | 'waiting'>,
    ask: Asks<'settled-call'>,
    count: Pick<WaitingCount, 'waiting' | 'settled'>,
    stays: boolean,
  ) {
    this.#call = call;
    this.#ask = ask;
    this.#count = count;
    this.#stays = stays;
  }

  get any(): boolean {
    return this.#count.waiting > 0;
  }

  /** The current call, to be kept if it has to wait; `undefined` = it cannot. */
  get request(): Uint8Array | undefined {
    return this.#stays ? this.#call.copy() : undefined;
  }

  /** To be called between two calls. @param handle answers what has become the current call. */
  resume(handle: () => void): void {
    for (let { settled } = this.#count; settled > 0; settled--) {
      const request = this.#ask({ kind: 'settled-call' })?.request;
      if (request === undefined) return; // another thread has it
      this.#call.restore(request);
      if (this.#call.waiting) handle();
      else this.#call.leave();
    }
  }
}
