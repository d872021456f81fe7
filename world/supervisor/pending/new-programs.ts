/**
 * Programs that were executed and have made no notified call yet. Process tracking by notifications has to see each
 * program before it can fork: a dynamically linked one opens its libraries first.
 */
import type { Tgid, Tid } from '../../../linux/ids.ts';
import type { Ask } from '../protocol/questions/index.ts';

/** Limit of remembered threads; the oldest goes first. */
const LIMIT = 1024;

export class NewPrograms {
  readonly #ask: Ask;
  /** Threads, each by the id that it has once the program runs. */
  readonly #executing = new Set<Tid>();
  /** Those of which modules decide what they inherit. */
  readonly #judged = new Set<Tid>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** To be called before the process executes a program. @param tid of its leader, which the new program has. */
  add(tid: Tid): void {
    const [oldest] = this.#executing.size < LIMIT ? [] : this.#executing;
    if (oldest !== undefined) this.#executing.delete(oldest);
    this.#executing.add(tid);
  }

  /** The same, of one from which modules may have to take something. @param tgid of the process. */
  expectRefusals(tgid: Tgid): void {
    const [oldest] = this.#judged.size < LIMIT ? [] : this.#judged;
    if (oldest !== undefined) this.#judged.delete(oldest);
    this.#judged.add(tgid);
  }

  /** Is this the first call of such a program, or of a process that could not execute it? */
  isFirstCall(tid: Tid): tid is Tgid {
    return this.#judged.size > 0 && this.#judged.delete(tid);
  }

  /** To be called at each call of `tid`: its program runs, or could not be executed. */
  complete(tid: Tid): void {
    if (this.#executing.delete(tid)) this.#ask({ kind: 'process-call', call: 'other', tid });
  }
}
