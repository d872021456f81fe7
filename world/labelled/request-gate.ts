/**
 * How many requests of each user are answered at a time: each has descriptors of the files that it is about, and memory.
 *
 * Further ones wait, in order, with the bytes that the kernel sent. Of these there is a limit, too: then a request fails with ENOMEM, as
 * when the kernel has no memory for it. That takes a user who starts many at once and whose files do not answer.
 */
import { UserQueue } from './user-queue.ts';
import { type RequestUser, UserShares } from './user-shares.ts';

/** Bytes of requests that wait. */
const MOST_WAITING = 128 * 2 ** 20;
/** What each costs beside its bytes. */
const OVERHEAD = 1024;

interface Waiting {
  readonly user: RequestUser;
  readonly size: number;
  begin(): void;
}

export class RequestGate {
  readonly #running: UserShares;
  readonly #memory: UserShares;
  readonly #waiting = new UserQueue<Waiting>();

  /** @param most requests that are answered at a time. */
  constructor(most: number, memory = MOST_WAITING) {
    this.#running = new UserShares(most);
    this.#memory = new UserShares(memory);
  }

  /** May a request begin now? Then it has to `leave`. */
  enter(user: RequestUser): boolean {
    return this.#running.take(user);
  }

  /**
   * Waits for one that leaves. `begin` is called when it may begin, and has to leave.
   * @param length bytes of the request.
   * @returns takes it back unless it has begun; or: too many wait.
   */
  wait(user: RequestUser, length: number, begin: () => void): (() => void) | undefined {
    const size = length + OVERHEAD;
    if (!this.#memory.take(user, size)) return undefined;
    const waiting = { user, size, begin };
    this.#waiting.add(user, waiting);
    return () => {
      if (this.#waiting.remove(user, waiting)) this.#memory.give(user, size);
    };
  }

  leave(user: RequestUser): void {
    this.#running.give(user);
    for (;;) {
      const next = this.#waiting.next((other) => other !== undefined && this.#running.allows(other));
      if (next === undefined) return;
      this.#memory.give(next.user, next.size);
      this.#running.take(next.user);
      next.begin();
    }
  }
}
