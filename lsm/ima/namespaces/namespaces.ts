/**
 * All IMA namespaces but the initial one.
 *
 * One exists from the first mount of securityfs in its user namespace until no task is left in that, nor in one inside
 * of it. Its files can still be read by whoever has them mounted or open, until the filesystem is released.
 */
import { E, type Result } from '../../../linux/errno.ts';
import type { Caller, UserNamespace } from '../../../vfs/tree/caller.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { Task } from '../../framework/task.ts';
import { wasLast } from '../../framework/task-user-namespaces.ts';
import type { ImaState } from '../decide/state.ts';
import type { Settings } from '../parameters.ts';
import { containerPcr } from './container-pcr.ts';
import { ImaNamespace } from './namespace.ts';
import type { ImaNamespaceRules } from './rules.ts';
import { namespaceUuid } from './uuid.ts';

/** With their files. Each costs a world descriptors, and anybody can make some. */
const MOST = 512;

export interface NamespacesInit {
  readonly rules: ImaNamespaceRules;
  readonly host: ModuleHost;
  /** Of the initial one. */
  readonly settings: Settings;
  makeFilesystem(namespace: ImaNamespace): Filesystem;
}

export type ActiveNamespace = ImaNamespace & { readonly state: ImaState };

function isActive(namespace: ImaNamespace): namespace is ActiveNamespace {
  return namespace.state !== undefined;
}

export class ImaNamespaces {
  readonly #init: NamespacesInit;
  /** By the numbers of user namespaces that exist. */
  readonly #byUser = new Map<number, ImaNamespace>();
  /** By instance: also those of which only files are left. */
  readonly #byInstance = new Map<number, ImaNamespace>();
  #made = 0;
  /** What lists call the user namespace with this number: another one may have it later. */
  readonly #listed = new Map<number, string>();
  readonly #names = new Set<string>();
  #everListed = 0;

  constructor(init: NamespacesInit) {
    this.#init = init;
  }

  /** Those whose user namespaces exist, oldest first. */
  all(): readonly ImaNamespace[] {
    return [...this.#byUser.values()];
  }

  /** Is there anything of the user namespace with this number that ends with it: an IMA namespace, or what lists call it? */
  keeps(id: number): boolean {
    return this.#byUser.has(id) || this.#listed.has(id);
  }

  /** That of a user namespace itself. */
  of(userNamespace: UserNamespace): ImaNamespace | undefined {
    return this.#byUser.get(userNamespace.id);
  }

  /** Those of a user namespace and of the ones around it, the nearest first, active or not. */
  around(userNamespace: UserNamespace | undefined): readonly ImaNamespace[] {
    if (userNamespace === undefined || this.#byUser.size === 0) return [];
    const ids = [userNamespace.id, ...userNamespace.ancestors];
    return ids.flatMap((id) => this.#byUser.get(id) ?? []);
  }

  /** What lists call a user namespace that something comes from, whether it has IMA of its own or not. */
  origin(userNamespace: UserNamespace | undefined): string {
    if (userNamespace === undefined) return this.#uuid(0);
    const known = this.#listed.get(userNamespace.id);
    if (known !== undefined) return known;
    const name = this.#uuid(++this.#everListed);
    this.#listed.set(userNamespace.id, name);
    this.#names.add(name);
    return name;
  }

  /** Is there still a user namespace of this name? */
  isNamed(name: string): boolean {
    return this.#names.has(name) || name === this.#uuid(0);
  }

  #uuid(number: number): string {
    const { digests, config } = this.#init.host;
    return namespaceUuid(digests, config.bootTime ?? 0n, number);
  }

  /** Those {@link around} that are active. */
  active(userNamespace: UserNamespace | undefined): readonly ActiveNamespace[] {
    return this.around(userNamespace).filter(isActive);
  }

  /** Has the caller one that is not active yet? */
  isPrepared({ userNamespace }: Caller): boolean {
    const namespace = userNamespace && this.of(userNamespace);
    return namespace !== undefined && namespace.state === undefined;
  }

  /** What securityfs shows in the user namespace of the caller. ENOMEM when there are too many. */
  mount({ userNamespace }: Caller): Result<Filesystem> {
    if (userNamespace === undefined) return E.EPERM;
    const namespace = this.of(userNamespace) ?? this.#make(userNamespace);
    if (namespace === undefined) return E.ENOMEM;
    namespace.userNamespace = userNamespace;
    namespace.filesystem ??= this.#init.makeFilesystem(namespace);
    return namespace.filesystem;
  }

  instance(number: number): Filesystem | undefined {
    return this.#byInstance.get(number)?.filesystem;
  }

  /** No mount shows this filesystem any more. */
  released({ instance = 0 }: Filesystem): void {
    const namespace = this.#byInstance.get(instance);
    if (namespace === undefined || this.of(namespace.userNamespace) === namespace) return;
    this.#byInstance.delete(instance);
  }

  /** A task runs no more: it may have been the last one of its namespaces. */
  left(task: Task): void {
    const { host } = this.#init;
    const where = this.#listed.size === 0 ? undefined : host.userNamespaceOf(task);
    for (const id of where === undefined ? [] : [where.id, ...where.ancestors]) {
      const name = this.#listed.get(id);
      if (name === undefined || !wasLast(task, { id, ancestors: [] }, host)) continue;
      this.#listed.delete(id);
      this.#names.delete(name);
    }
    for (const namespace of this.around(host.userNamespaceOf(task))) {
      if (wasLast(task, namespace.userNamespace, host)) this.#end(namespace);
    }
  }

  #make(userNamespace: UserNamespace): ImaNamespace | undefined {
    const { rules, host, settings } = this.#init;
    if (this.#byInstance.size >= MOST) return undefined;
    const [outer] = this.around(userNamespace);
    const instance = ++this.#made;
    const namespace = new ImaNamespace({
      instance,
      userNamespace,
      rules,
      settings: outer?.settings ?? settings,
      host,
      origin: (where) => this.origin(where),
      isNamed: (name) => this.isNamed(name),
      register: rules.full ? containerPcr(host, instance) : undefined,
    });
    this.#byUser.set(userNamespace.id, namespace);
    this.#byInstance.set(instance, namespace);
    return namespace;
  }

  #end(namespace: ImaNamespace): void {
    this.#byUser.delete(namespace.userNamespace.id);
    if (namespace.filesystem !== undefined) this.#init.host.unused(namespace.filesystem);
  }
}
