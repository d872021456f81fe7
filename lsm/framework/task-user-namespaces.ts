/**
 * Which user namespace each task is in. Nobody tells when a task enters another one, so it is looked at before something is decided that
 * depends on it.
 */
import { type Caller, isWithin, type UserNamespace } from '../../vfs/tree/caller.ts';
import type { StackEvent, TaskId } from './events.ts';
import type { BootedModule } from './module.ts';
import type { ModuleHost } from './module-host.ts';
import type { Task, TaskBlob } from './task.ts';

export interface TaskUserNamespacesHost {
  readonly modules: readonly BootedModule[];
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
      ({ module }) => module.ownSecurityfs !== undefined || module.followsUserNamespaces === true,
    );
  }

  /** This is where the task is now: to be called before something that depends on it is decided. */
  note({ tid, tgid, userNamespace }: TaskId & Pick<Caller, 'userNamespace'>): void {
    if (!this.isFollowed) return;
    const task = this.#host.taskOf({ tid, tgid });
    if (this.#seen.of(task)?.id === userNamespace?.id) return;
    this.#host.apply({ kind: 'user-namespace', task: { tid, tgid }, ...(userNamespace && { userNamespace }) });
  }

  /** What the stack does with the event of `note`. */
  set(task: Task, userNamespace: UserNamespace | undefined): void {
    this.#seen.set(task, userNamespace);
  }
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
