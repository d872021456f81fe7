/**
 * The thread that makes system calls on our mounts for the main thread, which serves them (supervisor/staging.ts): the
 * first supervisor thread until it gets a listener, later a dedicated thread, started when it is needed.
 */
import type { StageRequest } from '../../supervisor/staging.ts';
import { SupervisorThread } from '../../supervisor/thread.ts';

export class Stage {
  #first: SupervisorThread | undefined;
  #own: SupervisorThread | undefined;

  constructor(first: SupervisorThread) {
    this.#first = first;
  }

  /** @returns the result, or a negative errno. */
  work(request: StageRequest): Promise<number> {
    if (this.#first !== undefined) return this.#first.stage(request);
    this.#own ??= new SupervisorThread();
    return this.#own.stage(request);
  }

  /** Gives the thread up for supervision; its pending requests are done first. */
  take(): SupervisorThread {
    const thread = this.#first ?? new SupervisorThread();
    this.#first = undefined;
    return thread;
  }
}
