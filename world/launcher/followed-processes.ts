/**
 * Processes that use what `lsmfs mount` serves: from their first use on they are followed, and what they fork has their labels.
 *
 * Nobody supervises their calls, so only the proc connector can tell. Where the host has none (in containers), each process counts as new.
 */
import type { Tid } from '../../linux/ids.ts';
import type { ProcessEvent } from '../../lsm/framework/events.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { ProcFacts } from '../daemon/facts/process-facts.ts';
import { createTracker } from '../tracking/index.ts';
import type { ProcessTracker } from '../tracking/tracker.ts';

/** Milliseconds. Events of the whole host arrive also while nobody asks us. */
const DRAIN_EACH = 500;

export interface FollowedHost {
  readonly stack: Pick<Stack, 'apply' | 'tasks'>;
  readonly facts: Pick<ProcFacts, 'forget' | 'status' | 'processOf'>;
}

export class FollowedProcesses {
  readonly #host: FollowedHost;
  readonly #tracker: ProcessTracker;
  readonly #timer: NodeJS.Timeout;

  constructor(host: FollowedHost, create: typeof createTracker = createTracker) {
    const { stack, facts } = host;
    this.#host = host;
    const event = (happened: ProcessEvent): void => {
      facts.forget();
      stack.apply(happened);
    };
    this.#tracker = create({ event });
    facts.processOf = (tid) => (this.#tracker.has(tid) ? stack.tasks.find(tid)?.process.tgid : undefined);
    this.#timer = setInterval(() => this.#tracker.drain(), DRAIN_EACH).unref();
  }

  /** Before each request: what happened until then is known, and so is who makes it. */
  met(tid: Tid): void {
    const { facts } = this.#host;
    facts.forget();
    this.#tracker.drain();
    if (!this.areFollowed || this.#tracker.has(tid)) return;
    const status = facts.status(tid);
    if (status !== undefined) this.#tracker.enter(status.tgid);
  }

  /** Is it noticed when one ends? */
  get areFollowed(): boolean {
    return this.#tracker.method === 'proc-connector';
  }

  close(): void {
    clearInterval(this.#timer);
    this.#tracker.close();
  }
}
