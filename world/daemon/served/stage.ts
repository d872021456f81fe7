/**
 * The thread that makes system calls on our mounts for the main thread, which serves them (supervisor/staging.ts): the
 * first supervisor thread until it gets a listener, later a dedicated thread, started when it is needed.
 */
import type { StageRequest } from '../../supervisor/staging.ts';
import { SupervisorThread } from '../../supervisor/thread.ts';

export class Stage {
  #first: SupervisorThread | undefined;
  #own: SupervisorThread | undefined;
  #lost: string | undefined;

  constructor(first: SupervisorThread) {
    this.#first = first;
  }

  /** @returns the result, or a negative errno. */
  async work(request: StageRequest): Promise<number> {
    const thread = this.#first ?? this.#ownThread();
    const result = await thread.stage(request);
    this.#lost = thread.reason;
    return result;
  }

  /** Why the thread that worked last has ended, a line; `undefined`: it has not. */
  get lost(): string | undefined {
    return this.#lost?.split('\n', 1)[0];
  }

  #ownThread(): SupervisorThread {
    this.#own ??= new SupervisorThread();
    return this.#own;
  }

  /** Gives the thread up for supervision; its pending requests are done first. */
  take(): SupervisorThread {
    const thread = this.#first ?? new SupervisorThread();
    this.#first = undefined;
    return thread;
  }
}
