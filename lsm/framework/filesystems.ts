/**
 * The filesystem types of a booted stack and their instances: file_system_type and what mount(2) gets of it.
 *
 * An instance is one superblock; most types have a single one. Where there are more, mounting and the end of the last
 * mount of an instance are events of the stack, because a log of them rebuilds it.
 */
import { E, failed, type Result } from '../../linux/errno.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { MountEvent, StackEvent, TaskId } from './events.ts';
import type { PathSecurity } from './files/path-security.ts';
import type { FilesystemType } from './filesystem-type.ts';
import type { BootedModule } from './module.ts';
import type { Task } from './task.ts';

export interface FilesystemsHost {
  readonly modules: readonly BootedModule[];
  readonly replaying: boolean;
  taskOf(caller: TaskId): Task;
  apply(event: StackEvent): Result<number>;
}

export interface FilesystemsInit {
  readonly host: FilesystemsHost;
  readonly paths: PathSecurity;
  readonly securityfs: FilesystemType;
  /** Tells those who observe the stack. */
  announce(event: StackEvent): void;
}

export class Filesystems {
  readonly #host: FilesystemsHost;
  readonly #paths: PathSecurity;
  readonly #announce: FilesystemsInit['announce'];
  readonly #types: ReadonlyMap<string, FilesystemType>;
  readonly #unusedListeners = new Set<(filesystem: Filesystem) => void>();

  constructor({ host, paths, securityfs, announce }: FilesystemsInit) {
    this.#host = host;
    this.#paths = paths;
    this.#announce = announce;
    const others = host.modules.flatMap(({ module }) => [...(module.filesystems ?? [])]);
    this.#types = new Map([['securityfs', securityfs], ...others]);
  }

  /** Types in registration order, as /proc/filesystems lists them (all are `nodev`). */
  get types(): readonly string[] {
    return [...this.#types.keys()];
  }

  /** Types that administrators of user namespaces may mount. */
  get namespacedTypes(): readonly string[] {
    return [...this.#types].flatMap(([name, { inUserNamespaces }]) => (inUserNamespaces === true ? [name] : []));
  }

  /**
   * The instance that a mount of `type` by this caller shows; the same instance is the same object. ENODEV for an
   * unknown type, EPERM in a user namespace that may not have it. It counts as mounted until `released`.
   */
  mount(type: string, caller: Caller): Result<Filesystem> {
    const known = this.#types.get(type);
    if (known === undefined) return E.ENODEV;
    if (caller.userNamespace !== undefined && known.inUserNamespaces !== true) return E.EPERM;
    if (known.instance !== undefined && caller.tid !== KERNEL_CALLER.tid) {
      this.#host.taskOf(caller);
      const { tid, tgid, userNamespace } = caller;
      this.#announce({ kind: 'mount', type, task: { tid, tgid }, ...(userNamespace && { userNamespace }) });
    }
    const filesystem = known.mount(caller);
    return failed(filesystem) ? filesystem : this.#paths.guard(filesystem);
  }

  /** What the stack does with a `mount` event of a log. */
  mountAgain({ type, task, userNamespace }: MountEvent & { kind: 'mount' }): Result<number> {
    const filesystem = this.mount(type, { ...KERNEL_CALLER, ...task, userNamespace });
    return failed(filesystem) ? filesystem : 0;
  }

  /** The instance of a type with this number (`Filesystem.instance`), if it exists. */
  instance(type: string, number: number): Filesystem | undefined {
    const filesystem = this.#types.get(type)?.instance?.(number);
    return filesystem && this.#paths.guard(filesystem);
  }

  /** To be called when the last mount of this instance has ended. */
  released({ type, instance }: Filesystem): void {
    if (instance !== undefined) this.#host.apply({ kind: 'released', type, instance });
  }

  /** What the stack does with a `released` event. */
  release(type: string, instance: number): void {
    const known = this.#types.get(type);
    const filesystem = known?.instance?.(instance);
    if (filesystem !== undefined) known?.released?.(filesystem);
  }

  /** Listens for instances that only mounts still need. @returns a function that ends the subscription. */
  onUnused(listener: (filesystem: Filesystem) => void): () => void {
    this.#unusedListeners.add(listener);
    return () => this.#unusedListeners.delete(listener);
  }

  /** What a module tells `onUnused`. */
  unused(filesystem: Filesystem): void {
    if (this.#host.replaying) return;
    for (const listener of this.#unusedListeners) listener(this.#paths.guard(filesystem));
  }

  /** May writing to one of its files change the label of the writer? Writing to attr files does anyway. */
  relabelsWriter(filesystem: Filesystem): boolean {
    return this.#host.modules.some(
      ({ definition }) =>
        definition.filesystem?.type === filesystem.type && definition.filesystem.relabelsWriter === true,
    );
  }
}
