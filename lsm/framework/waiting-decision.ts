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
  /** The task is gone, or does not wait: settles it as if nobody had answered. */
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

  withdraw(): void {
    this.#first.withdraw();
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
