/**
 * The modules' decisions about the objects of a system call (access.ts).
 */

import { E, type Errno, failed } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { TaskId } from '../events.ts';
import type { ExecSubjects } from '../files/exec-subjects.ts';
import { mounterOf } from '../files/layers.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';
import type { AccessCheck, Mounter } from './access.ts';
import { type AccessScope, commonScope } from './access-scope.ts';
import type { PathAutomaton } from './path-automaton.ts';

export interface AccessVerdict {
  readonly refused?: Errno;
  /** All checks are allowed without an audit record, and will be until a policy, a mode or a label changes. */
  readonly silent: boolean;
}

/** By what of a task the modules decide. */
export interface AccessSubject {
  /** Tasks with an equal one get the same answers. Absent = not known. */
  readonly text?: string;
  readonly scope: AccessScope;
}

export interface AccessDecisionsHost {
  readonly hooks: HookList;
  /** Audit records written so far. */
  recorded(): number;
  taskOf(caller: TaskId): Task;
  tasks(): Iterable<Task>;
  readonly execSubjects: Pick<ExecSubjects, 'areAlike'>;
  /** A task in the state that it had when it made what has this name. */
  makerOf(name: string): Task | undefined;
  /** Of {@link LabelScope.rules}. */
  automaton(number: number): PathAutomaton | undefined;
}

export class AccessDecisions {
  readonly #host: AccessDecisionsHost;

  constructor(host: AccessDecisionsHost) {
    this.#host = host;
  }

  /** Does a module have hooks of mediation? */
  get exist(): boolean {
    return this.#host.hooks.has('accessSubject');
  }

  /** @param checks in the order in which the kernel makes them. */
  decide(checks: readonly AccessCheck[], caller: Caller): AccessVerdict {
    const task = this.#host.taskOf(caller);
    const before = this.#host.recorded();
    const skipped = { any: false };
    const refused = this.#refusal(checks, task, caller, skipped);
    if (refused !== undefined) return { refused, silent: false };
    // Remembered one by one, what follows a refusal would be asked about.
    return { silent: !skipped.any && this.#host.recorded() === before };
  }

  /** @param skipped was one of the checks not made? */
  #refusal(checks: readonly AccessCheck[], task: Task, caller: Caller, skipped: { any: boolean }): Errno | undefined {
    let passed = true;
    for (const { hook, about, refusal, otherwise, follows, by } of checks) {
      if (follows === true && !passed) {
        skipped.any = true;
        continue;
      }
      let refused =
        by === undefined
          ? this.#host.hooks.deny(hook, task, about as never, caller)
          : this.#refusalOf(by, hook, about, caller);
      if (refused !== undefined && 'otherwise' in about && about.otherwise !== undefined)
        refused = this.#host.hooks.deny('capable', task, { capability: about.otherwise }, caller);
      passed = refused === undefined;
      if (refused !== undefined && otherwise !== undefined) {
        const instead = this.#refusal(otherwise, task, caller, skipped);
        if (instead !== undefined) return instead;
        continue;
      }
      if (refused === undefined || refusal === 'ignored') continue;
      return refusal === undefined ? refused : E[refusal];
    }
    return undefined;
  }

  #refusalOf(
    { device, capabilities }: Mounter,
    hook: AccessCheck['hook'],
    about: AccessCheck['about'],
    caller: Caller,
  ): Errno | undefined {
    const mounter = this.#host.makerOf(mounterOf(device));
    if (mounter === undefined) return undefined;
    return this.#host.hooks.deny(hook, mounter, about as never, { ...caller, capabilities, userNamespace: undefined });
  }

  subject(caller: Caller): AccessSubject {
    const { hooks } = this.#host;
    const task = this.#host.taskOf(caller);
    const subjects = hooks.collect('accessSubject', task, caller);
    if (subjects.some(failed)) return { scope: undefined };
    const scopes = hooks.collect('accessScope', task, caller);
    const scope = scopes.length === subjects.length ? commonScope(scopes) : undefined;
    return { text: subjects.join('\n'), scope };
  }

  /** What paths are matched with by the modules ({@link LabelScope.rules}); `undefined` = it is gone. */
  automaton(number: number): PathAutomaton | undefined {
    return this.#host.automaton(number);
  }

  /**
   * By what of a task the modules decide when it is the object: equal texts get equal answers. `undefined` = not known.
   * @param task absent = one that is none of the stack's.
   */
  object(task: Task | undefined): string | undefined {
    const { hooks } = this.#host;
    if (!hooks.accompanies('accessObject', ['accessSubject'])) return undefined;
    const parts = task === undefined ? [] : hooks.collect('accessObject', task);
    return parts.includes(undefined) ? undefined : JSON.stringify(parts);
  }

  /**
   * Is every task judged by this, with the credentials of this caller? It stays so while none changes its label or comes
   * from outside (exec-subjects.ts).
   */
  areAlike(text: string, caller: Caller): boolean {
    const { hooks } = this.#host;
    if (!this.#host.execSubjects.areAlike) return false;
    for (const task of this.#host.tasks())
      if (!task.isOutside && hooks.collect('accessSubject', task, caller).join('\n') !== text) return false;
    return true;
  }
}
