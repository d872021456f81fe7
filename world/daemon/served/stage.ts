/**
 * The threads of a daemon that supervise nobody. One that never did is kept: it makes system calls on our mounts for the main thread, which
 * serves them (supervisor/staging.ts), until it gets a listener. The next one is started when there is work for it, or beforehand. One that
 * did is kept, too, and is the first to get a listener: its code is compiled, so it answers the first calls in a tenth of the time.
 */
import type { StageRequest } from '../../supervisor/staging.ts';
import { SupervisorThread } from '../../supervisor/thread.ts';

export class Stage {
  #spare: SupervisorThread | undefined;
  #experienced: SupervisorThread | undefined;
  #lost: string | undefined;

  constructor(first: SupervisorThread) {
    this.#keep(first);
  }

  /** @returns the result, or a negative errno. */
  async work(request: StageRequest): Promise<number> {
    const thread = this.keepSpare();
    const result = await thread.stage(request);
    this.#lost = thread.reason;
    return result;
  }

  /** Why the thread that worked last has ended, a line; `undefined`: it has not. */
  get lost(): string | undefined {
    return this.#lost?.split('\n', 1)[0];
  }

  /** Gives the thread up for supervision; its pending requests are done first. */
  take(): SupervisorThread {
    const experienced = this.#experienced;
    this.#experienced = undefined;
    if (experienced !== undefined && experienced.reason === undefined) return experienced;
    const thread = this.keepSpare();
    this.#spare = undefined;
    return thread;
  }

  /** A thread that supervises no longer. */
  giveBack(thread: SupervisorThread): void {
    if (this.#experienced === undefined) this.#experienced = thread;
    else void thread.end();
  }

  /** A thread takes longer to load than all else that a process waits for that joins: some 50 ms of CPU time, and 8 MB. */
  keepSpare(): SupervisorThread {
    return this.#spare ?? this.#keep(new SupervisorThread());
  }

  #keep(thread: SupervisorThread): SupervisorThread {
    this.#spare = thread;
    void thread.ended.then(() => {
      if (this.#spare === thread) this.#spare = undefined;
    });
    return thread;
  }
}
