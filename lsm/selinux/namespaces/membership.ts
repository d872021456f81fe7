/**
 * Which task is in which SELinux namespace: what tasks carry, and how one leaves for a namespace that it makes.
 *
 * Only the calling thread moves; its siblings, and whoever it was forked from, stay.
 */

import { E, type Errno, failed } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { Task, TaskBlob } from '../../framework/task.ts';
import type { NamespaceControl } from '../fs/context.ts';
import { isKernel } from '../fs/node-labels.ts';
import type { Namespaces } from './namespaces.ts';
import { entered, outsider, type TaskSecurity } from './task-security.ts';

export class NamespaceMembership {
  /** What SELinux knows of each task. */
  readonly securities: TaskBlob<TaskSecurity>;
  /** What selinuxfs can do to namespaces. */
  readonly control: NamespaceControl;
  readonly #namespaces: Namespaces;

  constructor(namespaces: Namespaces, host: Pick<ModuleHost, 'taskBlob' | 'taskOf'>) {
    this.#namespaces = namespaces;
    const fromOutside = outsider(namespaces.initial);
    this.securities = host.taskBlob<TaskSecurity>('selinux', {
      initial: () => this.#held(fromOutside),
      fork: (parent) => this.#held(parent),
    });
    this.control = {
      limits: namespaces,
      // The kernel itself is no thread that could move.
      unshare: (caller, name) => (isKernel(caller) ? E.EPERM : this.#unshare(host.taskOf(caller), name)),
    };
  }

  /** lsm_set_self_attr(LSM_ATTR_UNSHARE) and lsm_unshare(2). ENOSPC when a limit is reached. */
  unshareByCall(task: Task, caller: Caller): Errno | undefined {
    const { current, namespace } = this.securities.of(task);
    return (
      namespace.state.check(caller, current, current, 'process2', 'unshare_selinuxns') ?? this.#unshare(task, undefined)
    );
  }

  /** lsm_get_self_attr(LSM_ATTR_UNSHARE): 1 in a namespace that was made and got no policy yet. */
  freshlyUnshared(task: Task): Uint8Array {
    const { isInitial, state } = this.securities.of(task).namespace;
    return Uint8Array.of(isInitial || state.loaded !== undefined ? 0 : 1);
  }

  #unshare(task: Task, name: string | undefined): Errno | undefined {
    const outer = this.securities.of(task);
    const namespace = this.#namespaces.create(outer.namespace, name);
    if (failed(namespace)) return namespace;
    this.securities.set(task, entered(namespace, outer));
    this.#namespaces.enter(namespace);
    this.#namespaces.leave(outer.namespace);
    return undefined;
  }

  #held(security: TaskSecurity): TaskSecurity {
    this.#namespaces.enter(security.namespace);
    return security;
  }
}
