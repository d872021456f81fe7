/** EVM of all user namespaces that have mounted securityfs, until no task is left in them. */
import type { InodeInit } from '../../../vfs/pseudo/index.ts';
import type { UserNamespace } from '../../../vfs/tree/caller.ts';
import { namespaceId } from '../../framework/files/namespaced-xattrs.ts';
import type { OwnEntries } from '../../framework/filesystem-type.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { Task } from '../../framework/task.ts';
import { wasLast } from '../../framework/task-user-namespaces.ts';
import { EvmNamespace } from './namespace.ts';

export class EvmNamespaces {
  readonly #host: ModuleHost;
  readonly #fixes: boolean;
  /** By the numbers of user namespaces. */
  readonly #byUser = new Map<number, EvmNamespace>();

  constructor(host: ModuleHost, fixes: boolean) {
    this.#host = host;
    this.#fixes = fixes;
  }

  entries(userNamespace: UserNamespace, init: (mode: number) => InodeInit): OwnEntries {
    const namespace = new EvmNamespace(this.#host, userNamespace, this.#fixes);
    this.#byUser.set(userNamespace.id, namespace);
    return namespace.entries(init);
  }

  all(): Iterable<EvmNamespace> {
    return this.#byUser.values();
  }

  of(userNamespace: UserNamespace | undefined): EvmNamespace | undefined {
    return userNamespace && this.#byUser.get(userNamespace.id);
  }

  /** Those of a user namespace and of the ones around it, the nearest first. */
  around(userNamespace: UserNamespace | undefined): readonly EvmNamespace[] {
    if (userNamespace === undefined || this.#byUser.size === 0) return [];
    return [userNamespace.id, ...userNamespace.ancestors].flatMap((id) => this.#byUser.get(id) ?? []);
  }

  /** Those whose attributes the caller's are: of its own namespace, or of another one with the same root. */
  sharing(userNamespace: UserNamespace | undefined): readonly EvmNamespace[] {
    const root = userNamespace?.rootUid;
    if (root === undefined) return [];
    return [...this.#byUser.values()].filter(({ id }) => id === namespaceId(root));
  }

  /** A task runs no more. */
  left(task: Task): void {
    if (this.#byUser.size === 0) return;
    for (const namespace of this.around(this.#host.userNamespaceOf(task)))
      if (wasLast(task, namespace.userNamespace, this.#host)) this.#byUser.delete(namespace.userNamespace.id);
  }
}
