/**
 * All SELinux namespaces of a world: limits, making them, and when they end.
 *
 * A namespace is held by its tasks, by the namespaces inside it, and by its selinuxfs from when that was first given
 * away until whoever mounts says that no mount shows it any more. When tasks and inner namespaces are gone but the
 * filesystem is still out, `onUnused` tells, so that it can be let go of; somebody's mount may keep it readable. At its
 * end a namespace lets go of the one around it.
 */
import { E, type Result } from '../../../linux/errno.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { KernelLog } from '../../framework/facts.ts';
import { isOf, type SharedImages } from '../../framework/shared-images.ts';
import { SelinuxState } from '../decide/state.ts';
import type { PolicyDb } from '../policy/index.ts';
import { SelinuxNamespace } from './namespace.ts';
import type { NamespaceRules } from './rules.ts';

const KIND = 'selinux';

export interface NamespacesInit {
  readonly rules: NamespaceRules;
  /** Mode of the initial one. */
  readonly enforcing: boolean;
  readonly log: KernelLog;
  /** Policies of other stacks; absent = there are none. */
  readonly shared?: SharedImages;
  makeFilesystem(namespace: SelinuxNamespace): Filesystem;
  onUnused(filesystem: Filesystem): void;
}

export class Namespaces {
  readonly initial: SelinuxNamespace;
  /** How many there may be, the initial one included, and how deep. Lowering a limit ends none. */
  maxns = 65535;
  maxnsdepth = 32;
  readonly #init: NamespacesInit;
  /** By number. */
  readonly #live = new Map<number, SelinuxNamespace>();
  #made = 0;

  constructor(init: NamespacesInit) {
    this.#init = init;
    this.initial = this.#make('', undefined, init.enforcing);
  }

  /** Number of live ones, the initial one included. */
  get count(): number {
    return this.#live.size;
  }

  /** Live ones, oldest first. */
  all(): Iterable<SelinuxNamespace> {
    return this.#live.values();
  }

  /** @param name absent = its number. ENOSPC when a limit is reached. */
  create(parent: SelinuxNamespace, name?: string): Result<SelinuxNamespace> {
    if (this.#live.size >= this.maxns || parent.depth >= this.maxnsdepth) return E.ENOSPC;
    parent.children++;
    return this.#make(name ?? String(this.#made), parent, false);
  }

  /** A task is now in the namespace. */
  enter(namespace: SelinuxNamespace): void {
    namespace.tasks++;
    if (!this.#live.has(namespace.number)) this.#revive(namespace);
  }

  /** A task of the namespace is gone, or in another. */
  leave(namespace: SelinuxNamespace): void {
    namespace.tasks--;
    this.#endIfUnused(namespace);
  }

  /** The selinuxfs of a namespace, to be mounted; the same object each time. */
  mount(namespace: SelinuxNamespace): Filesystem {
    namespace.filesystem ??= this.#init.makeFilesystem(namespace);
    namespace.handedOut = true;
    return namespace.filesystem;
  }

  /** The selinuxfs with this instance number, if it was ever asked for. */
  instance(number: number): Filesystem | undefined {
    return this.#live.get(number)?.filesystem;
  }

  /** No mount shows this filesystem any more. */
  released(filesystem: Filesystem): void {
    const namespace = this.#live.get(filesystem.instance ?? 0);
    if (namespace === undefined || namespace.filesystem !== filesystem) return;
    namespace.handedOut = false;
    this.#endIfUnused(namespace);
  }

  #make(name: string, parent: SelinuxNamespace | undefined, enforcing: boolean): SelinuxNamespace {
    const { log, rules, shared } = this.#init;
    const number = this.#made++;
    const state = new SelinuxState({
      ...{ enforcing, log, namespaces: rules.exist },
      known: (image) => this.#known(image),
      parsed: (db) => shared?.add(KIND, db),
    });
    const namespace = new SelinuxNamespace({ number, name, rules, state, ...(parent && { parent }) });
    this.#live.set(number, namespace);
    return namespace;
  }

  /** The policy of this image, if some namespace has loaded it: what many have, they share. */
  #known(image: Uint8Array): PolicyDb | undefined {
    for (const { state } of this.#live.values()) {
      const db = state.loaded?.state.db;
      if (db !== undefined && isOf(db, image)) return db;
    }
    return this.#init.shared?.find(KIND, image) as PolicyDb | undefined;
  }

  /** Does nothing hold it any more. */
  #endIfUnused(namespace: SelinuxNamespace): void {
    const { parent, filesystem } = namespace;
    if (parent === undefined || namespace.tasks > 0 || namespace.children > 0) return;
    if (namespace.handedOut) {
      if (filesystem !== undefined) this.#init.onUnused(filesystem);
      return;
    }
    if (!this.#live.delete(namespace.number)) return;
    namespace.filesystem = undefined;
    namespace.state.free();
    parent.children--;
    this.#endIfUnused(parent);
  }

  /** A process was found only after all the others of its namespace were gone. The policy is lost, the namespace is not. */
  #revive(namespace: SelinuxNamespace): void {
    this.#live.set(namespace.number, namespace);
    const { parent } = namespace;
    if (parent === undefined) return;
    parent.children++;
    if (!this.#live.has(parent.number)) this.#revive(parent);
  }
}
