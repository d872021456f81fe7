/**
 * Calls that are ours to answer while the daemon cannot open what it needs for that: ENFILE, as where a kernel has no room for another
 * open file. What is only to be decided about goes on, as whatever cannot be looked at.
 */
import { ERRNO } from '../../../linux/errno.ts';

const { EMFILE, ENFILE } = ERRNO;
/** ms between two lines in the log. */
const SAID_EACH = 10_000;

export class DescriptorShortage {
  /** In this call. */
  #met = false;
  #saidAt = Number.NEGATIVE_INFINITY;

  get met(): boolean {
    return this.#met;
  }

  /** @param result of a call that opens a file. @returns it */
  note(result: number): number {
    if (result === -EMFILE || result === -ENFILE) this.#met = true;
    return result;
  }

  forget(): void {
    this.#met = false;
  }

  /** Fails a call that was to be answered, and was not for want of a descriptor. */
  answer(
    call: { readonly answered: boolean; fail(errno: number): void },
    log: (text: string) => void,
    now = performance.now(),
  ): void {
    if (!this.#met || call.answered) return;
    call.fail(ENFILE);
    if (now - this.#saidAt < SAID_EACH) return;
    this.#saidAt = now;
    log('the daemon has no file descriptor left: calls fail with ENFILE (raise the hard limit, ulimit -Hn)');
  }
}
