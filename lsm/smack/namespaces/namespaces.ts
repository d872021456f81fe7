/**
 * Smack namespaces: what user namespaces call labels. One begins with the first entry of its map; until then labels are
 * seen as they are. A user namespace inside of one with a map has the map of that.
 *
 * Model: smk_find_mapped_ns() of the patches of 2014 and 2015. That lsm_unshare(2) gives a task a map without a user namespace
 * is this project's proposal (docs/guides/smack.md).
 */
import type { UserNamespace } from '../../../vfs/tree/caller.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { Task } from '../../framework/task.ts';
import { wasLast } from '../../framework/task-user-namespaces.ts';
import { LabelMap } from './label-map.ts';

export class SmackNamespace {
  /** Never that of another one. */
  readonly number: number;
  /** Whose capabilities count; absent = those of the initial one: it was made by lsm_unshare(2). */
  readonly userNamespace: UserNamespace | undefined;
  readonly map = new LabelMap();

  constructor(number: number, userNamespace: UserNamespace | undefined) {
    this.number = number;
    this.userNamespace = userNamespace;
  }
}

/** What a namespace shows of a label that it has no name for. */
const UNNAMED = '?';

/** The label as it is called there; absent namespace: as it is. */
export function shownIn(namespace: SmackNamespace | undefined, label: string): string {
  return namespace === undefined ? label : (namespace.map.shown(label) ?? UNNAMED);
}

/** Has the namespace a name for it? */
export function isVisibleIn(namespace: SmackNamespace | undefined, label: string): boolean {
  return namespace === undefined || namespace.map.shown(label) !== undefined;
}

/** The label that a name given there means; `undefined` = none. */
export function meantIn(namespace: SmackNamespace | undefined, name: string): string | undefined {
  return namespace === undefined ? name : namespace.map.meant(name);
}

export class SmackNamespaces {
  readonly #byUser = new Map<number, SmackNamespace>();
  readonly #host: Pick<ModuleHost, 'tasks' | 'userNamespaceOf'>;
  #made = 0;

  constructor(host: Pick<ModuleHost, 'tasks' | 'userNamespaceOf'>) {
    this.#host = host;
  }

  /** Those of user namespaces. */
  all(): Iterable<SmackNamespace> {
    return this.#byUser.values();
  }

  /** Has any user namespace a map? Then it matters where tasks are. */
  get exist(): boolean {
    return this.#byUser.size > 0;
  }

  /** Is there one of the user namespace with this number? */
  has(id: number): boolean {
    return this.#byUser.has(id);
  }

  /** The nearest one with a map. */
  around(userNamespace: UserNamespace | undefined): SmackNamespace | undefined {
    if (userNamespace === undefined) return undefined;
    for (const id of [userNamespace.id, ...userNamespace.ancestors]) {
      const found = this.#byUser.get(id);
      if (found !== undefined && found.map.size > 0) return found;
    }
    return undefined;
  }

  /** The one of this user namespace, whose map may be empty. */
  at(userNamespace: UserNamespace): SmackNamespace {
    const known = this.#byUser.get(userNamespace.id);
    if (known !== undefined) return known;
    const made = this.make(userNamespace);
    this.#byUser.set(userNamespace.id, made);
    return made;
  }

  make(userNamespace?: UserNamespace): SmackNamespace {
    return new SmackNamespace(++this.#made, userNamespace);
  }

  /** A task runs no more: it may have been the last one of its namespaces. */
  left(task: Task): void {
    const where = this.#host.userNamespaceOf(task);
    if (where === undefined) return;
    for (const id of [where.id, ...where.ancestors]) {
      const namespace = this.#byUser.get(id);
      if (namespace?.userNamespace !== undefined && wasLast(task, namespace.userNamespace, this.#host))
        this.#byUser.delete(id);
    }
  }
}
