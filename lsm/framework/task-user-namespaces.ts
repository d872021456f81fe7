/**
 * Which user namespace each task is in. Nobody tells when a task enters another one, so it is looked at before something is decided that
 * depends on it.
 */
import { type Caller, isUnknown, isWithin, type UserNamespace } from '../../vfs/tree/caller.ts';
import type { StackEvent, TaskId } from './events.ts';
import type { ProcessFacts } from './facts.ts';
import type { BootedModule } from './module.ts';
import type { ModuleHost } from './module-host.ts';
import type { Task, TaskBlob, TaskTable } from './task.ts';

export interface TaskUserNamespacesHost {
  readonly modules: readonly BootedModule[];
  readonly facts: Pick<ProcessFacts, 'caller'>;
  readonly tasks: Pick<TaskTable, 'all'>;
  /** Nothing is found out while a log is replayed: what was found out then is in it. */
  readonly replaying: boolean;
  taskOf(caller: TaskId): Task;
  apply(event: StackEvent): unknown;
}

export class TaskUserNamespaces {
  readonly #host: TaskUserNamespacesHost;
  readonly #seen: TaskBlob<UserNamespace | undefined>;
  /** Does anything depend on which one a task is in? */
  readonly isFollowed: boolean;

  /** @param seen where each task was seen last. */
  constructor(host: TaskUserNamespacesHost, seen: TaskBlob<UserNamespace | undefined>) {
    this.#host = host;
    this.#seen = seen;
    this.isFollowed = host.modules.some(
      ({ module }) => module.ownSecurityfs !== undefined || module.keepsForUserNamespace !== undefined,
    );
  }

  /** This is where the task is now: to be called before something that depends on it is decided. */
  note({ tid, tgid, userNamespace }: TaskId & Pick<Caller, 'userNamespace'>): void {
    // Where it was seen before is more than nothing: nobody leaves but for a namespace inside of that one.
    if (!this.isFollowed || !isPlaced({ userNamespace })) return;
    const task = this.#host.taskOf({ tid, tgid });
    if (this.#seen.of(task)?.id === userNamespace?.id) return;
    this.#host.apply({ kind: 'user-namespace', task: { tid, tgid }, ...(userNamespace && { userNamespace }) });
  }

  /** Finds out where the task is now. */
  look({ tid }: Task): void {
    const seen = this.#host.replaying || !this.isFollowed ? undefined : this.#host.facts.caller(tid);
    if (seen !== undefined) this.note(seen);
  }

  /**
   * To be called before a task ends. If it is the last one that was seen in a namespace for which a module keeps something, all others
   * are looked at: one that was forked before anybody looked, or has entered since, is in there unseen.
   */
  beforeExit(task: Task): void {
    const where = this.#seen.of(task);
    if (where === undefined || this.#host.replaying) return;
    const tasks = (): Iterable<Task> => this.#host.tasks.all();
    const seen = { tasks, userNamespaceOf: (other: Task) => this.#seen.of(other) };
    const ends = [where.id, ...where.ancestors].some(
      (id) => this.#keeps(id) && wasLast(task, { id, ancestors: [] }, seen),
    );
    if (ends) for (const other of [...tasks()]) if (other !== task) this.look(other);
  }

  #keeps(id: number): boolean {
    return this.#host.modules.some(({ module }) => module.keepsForUserNamespace?.(id) === true);
  }

  /** What the stack does with the event of `note`. */
  set(task: Task, userNamespace: UserNamespace | undefined): void {
    this.#seen.set(task, userNamespace);
  }
}

/** Is it known where this caller is? */
export function isPlaced(caller: Pick<Caller, 'userNamespace'> | undefined): caller is Pick<Caller, 'userNamespace'> {
  return caller !== undefined && (caller.userNamespace === undefined || !isUnknown(caller.userNamespace));
}

/** Is this task, which runs no more, the last one in the user namespace and those inside of it? */
export function wasLast(
  leaving: Task,
  userNamespace: UserNamespace,
  host: Pick<ModuleHost, 'tasks' | 'userNamespaceOf'>,
): boolean {
  return ![...host.tasks()].some((task) => {
    const where = task === leaving ? undefined : host.userNamespaceOf(task);
    return where !== undefined && isWithin(where, userNamespace);
  });
}
