/**
 * Programs that wait for the checker's answer, and the checker that waits for programs.
 *
 * Model: request.c and we_fs.c of WhiteEgret 4.0.0 (2018). A request that was read stays the first until it is answered.
 */

import { AwaitedAnswer, type Decision, type Wait } from '../framework/waiting-decision.ts';

/** The value in the checker's: -EACCES refuses. */
export type Answer = number | 'silence' | 'withdrawn';

/** MAXCOMRETRY times WERESULTTIMEOUT. A signal does not end the wait. */
const WAIT: Wait<Answer> = { patience: 10, silence: 'silence', withdrawn: 'withdrawn' };

/** What is asked. */
export interface Asked {
  /** Answers are matched by process. */
  readonly tgid: number;
  /** struct we_req_user */
  readonly bytes: Uint8Array;
}

class Request extends AwaitedAnswer<Answer> {
  readonly asked: Asked;
  protected readonly follow: (answer: Answer) => Decision;
  readonly #remove: (request: Request) => void;

  constructor(asked: Asked, follow: (answer: Answer) => Decision, remove: (request: Request) => void) {
    super(WAIT);
    this.asked = asked;
    this.follow = follow;
    this.#remove = remove;
  }

  protected settled(): void {
    this.#remove(this);
  }
}

export class RequestQueue {
  /** Somebody has the file open: there is a checker. */
  opened = false;
  readonly #requests: Request[] = [];
  readonly #readers = new Set<() => void>();

  get first(): Request | undefined {
    return this.#requests[0];
  }

  /** @param follow what the answer leads to. */
  ask(asked: Asked, follow: (answer: Answer) => Decision): Decision {
    const request = new Request(asked, follow, (settled) => {
      this.#requests.splice(this.#requests.indexOf(settled), 1);
    });
    this.#requests.push(request);
    const readers = [...this.#readers];
    this.#readers.clear();
    for (const wake of readers) wake();
    return request;
  }

  /** @returns `false` when no such process waits. */
  answer(tgid: number, permit: number): boolean {
    const request = this.#requests.find(({ asked }) => asked.tgid === tgid);
    request?.settle(permit);
    return request !== undefined;
  }

  /** The checker is gone. @param permit what all that wait are answered. */
  close(permit: number): void {
    this.opened = false;
    for (const request of [...this.#requests]) request.settle(permit);
  }

  /** @param wake called once, when there is a request. @returns a function that ends the wait. */
  whenAsked(wake: () => void): () => void {
    this.#readers.add(wake);
    return () => this.#readers.delete(wake);
  }
}
