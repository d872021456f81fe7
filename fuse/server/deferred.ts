/**
 * Requests that wait: a read without available data, a write that takes what is found out elsewhere.
 *
 * Only the header of the request is kept, because the request buffer is reused. A signal to the caller makes the kernel send INTERRUPT with
 * the number of the request: the wait is cancelled and the request answered with EINTR.
 */
import { E, type Errno, type Result } from '../../linux/errno.ts';
import type { Pending } from '../../vfs/tree/node.ts';
import type { RequestId } from '../protocol/ids.ts';

export type Send = (header: Buffer, result: Result<Uint8Array>) => void;

interface Waiting {
  readonly interruptible: boolean;
  end(error: Errno): void;
}

export class DeferredRequests {
  readonly #waiting = new Map<RequestId, Waiting>();
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add<T>(
    unique: RequestId,
    header: Buffer,
    pending: Pending<T>,
    answer: (result: Result<T>) => Result<Uint8Array>,
  ): void {
    let done = false;
    const settle = (result: Result<T>) => {
      if (done) return;
      done = true;
      this.#waiting.delete(unique);
      this.#send(header, answer(result));
    };
    let cancel: (() => void) | undefined;
    this.#waiting.set(unique, {
      interruptible: pending.interruptible,
      end: (error) => {
        cancel?.();
        settle(error);
      },
    });
    const started = pending.start(settle);
    cancel = () => started.cancel();
  }

  interrupt(unique: RequestId): void {
    const waiting = this.#waiting.get(unique);
    if (waiting?.interruptible === true) waiting.end(E.EINTR);
  }

  /** The connection has ended: every wait is cancelled. */
  cancelAll(): void {
    for (const waiting of [...this.#waiting.values()]) waiting.end(E.ENOTCONN);
  }
}
