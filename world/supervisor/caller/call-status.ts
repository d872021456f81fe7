/**
 * /proc/<tid>/status of the thread that was asked about last, read once for each call, and each part of it only for who asks: a thread
 * that waits for our answer cannot change it.
 */
import type { Tid } from '../../../linux/ids.ts';
import { credentialsText, type ProcessStatus, parseStatus } from './process-status.ts';

export class CallStatus {
  readonly #read: (tid: Tid) => string | undefined;
  #tid: Tid | undefined;
  #text: string | undefined;
  #value: ProcessStatus | undefined;
  #credentials: string | undefined;

  constructor(read: (tid: Tid) => string | undefined) {
    this.#read = read;
  }

  /** To be called for each call. */
  forget(): void {
    this.#tid = undefined;
  }

  /** `undefined` when it has ended. */
  of(tid: Tid): ProcessStatus | undefined {
    const text = this.#textOf(tid);
    if (text !== undefined) this.#value ??= parseStatus(text);
    return this.#value;
  }

  /** All of its ids and capabilities, for who compares them. */
  credentials(tid: Tid): string | undefined {
    const text = this.#textOf(tid);
    if (text !== undefined) this.#credentials ??= credentialsText(text);
    return this.#credentials;
  }

  /** The text, if it was read in this call. */
  known(tid: Tid): string | undefined {
    return this.#tid === tid ? this.#text : undefined;
  }

  #textOf(tid: Tid): string | undefined {
    if (this.#tid !== tid) {
      this.#text = this.#read(tid);
      this.#tid = tid;
      this.#value = undefined;
      this.#credentials = undefined;
    }
    return this.#text;
  }
}
