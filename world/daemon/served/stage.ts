/**
 * Who works on our mounts for the main thread, which serves them (supervisor/staging.ts): the first supervisor thread
 * while it has nothing to supervise, later a thread that does nothing else, once there is something to do.
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

  /** A thread to supervise with: what it was asked to do is done first. */
  take(): SupervisorThread {
    const thread = this.#first ?? new SupervisorThread();
    this.#first = undefined;
    return thread;
  }
}
