/**
 * Programs that were executed and made no call yet. Where process tracking depends on notifications it has to see each
 * program before that can fork: a dynamically linked one opens its libraries first.
 */
import type { Tid } from '../../../linux/ids.ts';
import type { Ask } from '../protocol/questions/index.ts';

/** Threads that ended, and programs without a call, are forgotten. */
const LIMIT = 1024;

export class NewPrograms {
  readonly #ask: Ask;
  /** Threads, each by the id that it has once the program runs. */
  readonly #executing = new Set<Tid>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** The process of which this is the first thread is about to execute a program. */
  add(tid: Tid): void {
    const [oldest] = this.#executing.size < LIMIT ? [] : this.#executing;
    if (oldest !== undefined) this.#executing.delete(oldest);
    this.#executing.add(tid);
  }

  /** `tid` makes a call: its program runs, or could not be executed. */
  complete(tid: Tid): void {
    if (this.#executing.delete(tid)) this.#ask({ kind: 'process-call', call: 'other', tid });
  }
}
