/** An execve(2) that may wait for a decision, as whoever keeps the call sees it. */
import type { Errno } from '../../../linux/errno.ts';
import { type Decision, WaitingDecision } from '../waiting-decision.ts';

export class Execution {
  #decision: Decision;
  #settled = false;

  constructor(decision: Decision) {
    this.#decision = decision;
    this.#listen();
  }

  /** It has waited for so many more seconds. */
  secondsPass(count: number): void {
    for (let i = 0; i < count; i++) this.#now?.secondPassed();
  }

  /** There is a signal. */
  interrupt(): void {
    this.#now?.interrupted();
  }

  withdraw(): void {
    this.#now?.withdraw();
  }

  /** `undefined` = allowed. */
  get outcome(): Errno | undefined | 'waits' {
    while (this.#settled && this.#decision instanceof WaitingDecision) {
      this.#decision = this.#decision.resume();
      this.#listen();
    }
    return this.#decision instanceof WaitingDecision ? 'waits' : this.#decision;
  }

  get #now(): WaitingDecision | undefined {
    return this.#decision instanceof WaitingDecision ? this.#decision : undefined;
  }

  #listen(): void {
    this.#settled = false;
    this.#now?.whenSettled(() => {
      this.#settled = true;
    });
  }
}
