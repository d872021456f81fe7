/**
 * What the modules say to what a system call is about to do (access.ts).
 */

import { E, type Errno, failed } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { TaskId } from '../events.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';
import type { AccessCheck } from './access.ts';

export interface AccessVerdict {
  readonly refused?: Errno;
  /** Everything is allowed, and asking again would write no record either, until a policy, a mode or a label changes. */
  readonly silent: boolean;
  /** What of the task decides: for tasks for which it is equal, so is the answer. Absent = not known. */
  readonly subject?: string;
}

export interface AccessDecisionsHost {
  readonly hooks: HookList;
  /** Audit records written so far. */
  recorded(): number;
  taskOf(caller: TaskId): Task;
}

export class AccessDecisions {
  readonly #host: AccessDecisionsHost;

  constructor(host: AccessDecisionsHost) {
    this.#host = host;
  }

  /** Does any module decide about what system calls do to files? */
  get exist(): boolean {
    return this.#host.hooks.has('accessSubject');
  }

  /** @param checks in the order in which the kernel makes them. */
  decide(checks: readonly AccessCheck[], caller: Caller): AccessVerdict {
    const task = this.#host.taskOf(caller);
    const before = this.#host.recorded();
    for (const { hook, about, refusal } of checks) {
      const refused = this.#host.hooks.deny(hook, task, about as never, caller);
      if (refused === undefined || refusal === 'ignored') continue;
      return { refused: refusal === undefined ? refused : E[refusal], silent: false };
    }
    if (this.#host.recorded() !== before) return { silent: false };
    const subjects = this.#host.hooks.collect('accessSubject', task, caller);
    if (subjects.some(failed)) return { silent: false };
    return { silent: true, subject: subjects.join('\n') };
  }
}
