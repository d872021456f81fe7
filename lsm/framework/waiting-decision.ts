/**
 * A decision that a module has not made yet, because it asks somebody: the task waits in its system call.
 *
 * Model: a hook that sleeps. Nothing in a stack sleeps or knows a clock: whoever runs it keeps the call, says that time passes or that
 * the task does not wait any more, and comes back when it is woken.
 */
import type { Errno } from '../../linux/errno.ts';

/** `undefined` = allowed. */
export type Decision = Errno | undefined | WaitingDecision;

export abstract class WaitingDecision {
  /** `wake` is called once when {@link resume} can be: at once if it can be now. */
  abstract whenSettled(wake: () => void): void;
  /** To be called once, when it is settled. Whom it asks may want more to be asked. */
  abstract resume(): Decision;
  /** Another second is over in which the task has waited. */
  abstract secondPassed(): void;
  /** There is a signal that the task would take. */
  abstract interrupted(): void;
  /** The task is gone, or does not wait: settles it. */
  abstract withdraw(): void;

  /** The same, and if it is allowed what `next` says. */
  followedBy(next: () => Decision): WaitingDecision {
    return new Followed(this, next);
  }
}

class Followed extends WaitingDecision {
  readonly #first: WaitingDecision;
  readonly #next: () => Decision;

  constructor(first: WaitingDecision, next: () => Decision) {
    super();
    this.#first = first;
    this.#next = next;
  }

  whenSettled(wake: () => void): void {
    this.#first.whenSettled(wake);
  }

  resume(): Decision {
    const decision = this.#first.resume();
    if (decision instanceof WaitingDecision) return decision.followedBy(this.#next);
    return decision ?? this.#next();
  }

  secondPassed(): void {
    this.#first.secondPassed();
  }

  interrupted(): void {
    this.#first.interrupted();
  }

  withdraw(): void {
    this.#first.withdraw();
  }
}

/** How long is waited, and what is taken for the answer when there is none. */
export interface Wait<Answer> {
  /** Seconds without a word. */
  readonly patience: number;
  /** They are over. */
  readonly silence: Answer;
  /** A signal ends the wait; absent = it does not. */
  readonly signal?: Answer;
  /** The task does not wait. */
  readonly withdrawn: Answer;
}

/** Waits for what somebody says. The first answer counts. */
export abstract class AwaitedAnswer<Answer> extends WaitingDecision {
  readonly #wait: Wait<Answer>;
  #seconds = 0;
  #answer: { readonly value: Answer } | undefined;
  #wake: (() => void) | undefined;

  constructor(wait: Wait<Answer>) {
    super();
    this.#wait = wait;
  }

  /** What the answer leads to. */
  protected abstract follow(answer: Answer): Decision;
  /** Nobody is to be asked any more. */
  protected abstract settled(): void;

  settle(answer: Answer): void {
    if (this.#answer !== undefined) return;
    this.#answer = { value: answer };
    this.settled();
    this.#wake?.();
  }

  /** Somebody is there: the time begins anew. */
  heard(): void {
    this.#seconds = 0;
  }

  whenSettled(wake: () => void): void {
    this.#wake = wake;
    if (this.#answer !== undefined) wake();
  }

  resume(): Decision {
    return this.follow((this.#answer ?? { value: this.#wait.withdrawn }).value);
  }

  secondPassed(): void {
    this.#seconds++;
    if (this.#seconds >= this.#wait.patience) this.settle(this.#wait.silence);
  }

  interrupted(): void {
    if (this.#wait.signal !== undefined) this.settle(this.#wait.signal);
  }

  withdraw(): void {
    this.settle(this.#wait.withdrawn);
  }
}

/** For a task that cannot wait. */
export function withoutWaiting(decision: Decision): Errno | undefined {
  let last = decision;
  while (last instanceof WaitingDecision) {
    last.withdraw();
    last = last.resume();
  }
  return last;
}
