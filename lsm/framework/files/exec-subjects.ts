/**
 * Are all tasks of a stack the same to modules that decide about programs? Then what one may execute, without a change, all may.
 *
 * Model: children have what their parents have, so it stays so until a task changes its label, or one comes from outside. Once all were
 * found to be alike, those that came from outside or changed since (TaskTable.changed), and their children, are compared with one that
 * did not, so that a thousand processes cost no more than one. Those outside of the world execute nothing in it. Of modules that
 * decide about programs and lack the hook `execSubject` nothing is known.
 */
import type { HookList } from '../hooks.ts';
import type { Task, TaskTable } from '../task.ts';

/** Of more tasks it is not found out. */
const MOST = 1024;

export interface ExecSubjectsHost {
  readonly hooks: Pick<HookList, 'accompanies' | 'collect'>;
  readonly tasks: Pick<TaskTable, 'all' | 'changed' | 'find'>;
}

export class ExecSubjects {
  readonly #host: ExecSubjectsHost;
  /** Since all were alike; `undefined` = they are not known to have been. */
  #changed: Set<Task> | undefined;

  constructor(host: ExecSubjectsHost) {
    this.#host = host;
    host.tasks.changed = (task, parent) => this.#note(task, parent);
  }

  get areAlike(): boolean {
    const { hooks } = this.#host;
    if (!hooks.accompanies('execSubject', ['bprmCredsForExec', 'bprmCheckSecurity', 'bprmKeepsLabel'])) return false;
    const isSame = this.#sameAs();
    for (const task of this.#suspects()) {
      if (isSame(task)) continue;
      this.#changed = undefined;
      return false;
    }
    this.#changed = new Set();
    return true;
  }

  #note(task: Task, parent: Task | undefined): void {
    if (this.#changed === undefined) return;
    // A parent that is found to be like the others now has no children to be looked at.
    if (parent !== undefined && (!this.#changed.has(parent) || this.areAlike)) return;
    this.#changed?.add(task);
    if ((this.#changed?.size ?? 0) > MOST) this.#changed = undefined;
  }

  /** Those that can differ from each other; more than {@link MOST} are told as one of which nothing is known. */
  *#suspects(): Generator<Task | undefined> {
    const { tasks } = this.#host;
    const changed = this.#changed;
    let seen = 0;
    for (const task of changed ?? tasks.all()) {
      if (!task.isOutside && tasks.find(task.tid) === task) yield ++seen > MOST ? undefined : task;
    }
    for (const task of changed === undefined ? [] : tasks.all()) {
      if (task.isOutside || changed?.has(task)) continue;
      yield task;
      return;
    }
  }

  /** @returns is this the same as all that were asked about before? */
  #sameAs(): (task: Task | undefined) => boolean {
    let first: readonly unknown[] | undefined;
    return (task) => {
      const subject = task === undefined ? [undefined] : this.#host.hooks.collect('execSubject', task);
      first ??= subject;
      return !subject.includes(undefined) && subject.every((part, index) => part === first?.[index]);
    };
  }
}
