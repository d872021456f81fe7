/**
 * By which credentials files are judged in a call: those of the thread, or for access(2) those that it has by its real ids. Read once
 * for each call.
 */
import type { Tid } from '../../../linux/ids.ts';
import { type Credentials, credentialsOf, realCredentialsOf, type StatusReader } from './acting-as.ts';

interface Known {
  readonly tid: Tid;
  readonly value: Credentials | undefined;
}

export class CallCredentials {
  readonly #view: StatusReader;
  #own: Known | undefined;
  #instead: Known | undefined;

  constructor(view: StatusReader) {
    this.#view = view;
  }

  /** To be called for each call. */
  forget(): void {
    this.#own = undefined;
    this.#instead = undefined;
  }

  /** `undefined` when it has ended. */
  of(tid: Tid): Credentials | undefined {
    return this.#instead?.tid === tid ? this.#instead.value : this.#ownOf(tid);
  }

  /** What access(2) judges it by, if that is anything else. */
  otherReal(tid: Tid): Credentials | undefined {
    const own = this.#ownOf(tid);
    const real = realCredentialsOf(this.#view, tid);
    const same = own?.fsuid === real?.fsuid && own?.fsgid === real?.fsgid && own?.capabilities === real?.capabilities;
    return same ? undefined : real;
  }

  /** While `act` runs the thread is judged by these. */
  judgedBy(tid: Tid, credentials: Credentials, act: () => void): void {
    this.#instead = { tid, value: credentials };
    try {
      act();
    } finally {
      this.#instead = undefined;
    }
  }

  /** Is it judged by others than its own? */
  areOthers(tid: Tid): boolean {
    return this.#instead?.tid === tid;
  }

  #ownOf(tid: Tid): Credentials | undefined {
    if (this.#own?.tid !== tid) this.#own = { tid, value: credentialsOf(this.#view, tid) };
    return this.#own.value;
  }
}
