/**
 * Calls of this thread that wait for a decision (lsm/framework/waiting-decision.ts), so that it takes others meanwhile.
 *
 * Model: the caller stays blocked by its notification, of which a copy is kept. When the decision is there the call is handled once more
 * from its beginning: the program may be another one by then. The main thread (waiting-calls.ts) says when.
 */
import type { Notification } from '../notification.ts';
import type { Asks } from '../protocol/questions/index.ts';

export class LeftCalls {
  /** Between two looks whether one is settled. */
  static readonly LOOK_NS = 20_000_000n;
  readonly #call: Pick<Notification, 'id' | 'leave' | 'copy' | 'restore' | 'waiting'>;
  readonly #ask: Asks<'settled-calls'>;
  /** By id of the notification. */
  readonly #requests = new Map<bigint, Uint8Array>();
  #looked = 0n;

  constructor(call: Pick<Notification, 'id' | 'leave' | 'copy' | 'restore' | 'waiting'>, ask: Asks<'settled-calls'>) {
    this.#call = call;
    this.#ask = ask;
  }

  get any(): boolean {
    return this.#requests.size > 0;
  }

  /** The current call waits. */
  leave(): void {
    this.#requests.set(this.#call.id, this.#call.copy());
    this.#call.leave();
  }

  /** To be called between two calls. @param handle answers what has become the current call. */
  resume(handle: () => void, now = process.hrtime.bigint()): void {
    if (!this.any || now - this.#looked < LeftCalls.LOOK_NS) return;
    this.#looked = now;
    for (const id of this.#ask({ kind: 'settled-calls', ids: [...this.#requests.keys()] })?.settled ?? []) {
      const request = this.#requests.get(id);
      if (request === undefined) continue;
      this.#requests.delete(id);
      this.#call.restore(request);
      if (this.#call.waiting) handle();
      else this.#call.leave();
    }
  }
}
