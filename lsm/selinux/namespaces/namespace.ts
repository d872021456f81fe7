/**
 * One SELinux namespace: a security server of its own inside that of the namespace around it.
 *
 * Its state (mode, policy, SIDs, decisions, status page) starts like that of a kernel that just booted, permissive and without a policy. It
 * lives while something holds it: tasks, namespaces inside it, its selinuxfs as long as that may be mounted (namespaces.ts).
 */
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { SelinuxState } from '../decide/state.ts';
import type { NamespaceRules } from './rules.ts';

/** The attribute that holds a file's label; below this name a namespace with labels of its own keeps them. */
export const XATTR_SELINUX = 'security.selinux';

export interface NamespaceInit {
  /** Unique in its world, also after its end; 0 is the initial one. */
  readonly number: number;
  /** Suffix of the attribute that its labels are stored under; empty = none. */
  readonly name: string;
  readonly parent?: SelinuxNamespace;
  readonly rules: NamespaceRules;
  readonly state: SelinuxState;
}

export class SelinuxNamespace {
  readonly number: number;
  readonly name: string;
  readonly parent: SelinuxNamespace | undefined;
  /** 0 for the initial one. */
  readonly depth: number;
  readonly rules: NamespaceRules;
  readonly state: SelinuxState;
  /** What holds it. `handedOut`: its selinuxfs was given away to be mounted. */
  tasks = 0;
  children = 0;
  handedOut = false;
  /** Made when it is first asked for. */
  filesystem: Filesystem | undefined;
  readonly #ownAttribute: string;

  constructor({ number, name, parent, rules, state }: NamespaceInit) {
    this.number = number;
    this.name = name;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    this.rules = rules;
    this.state = state;
    this.#ownAttribute =
      parent === undefined || !rules.ownLabels || name === '' ? XATTR_SELINUX : `${XATTR_SELINUX}.${name}`;
  }

  get isInitial(): boolean {
    return this.parent === undefined;
  }

  /**
   * The attribute that a label is stored in for this namespace. Until it has a policy, files are what they are to the nearest namespace
   * around it that has one.
   */
  get attribute(): string {
    if (this.state.loaded !== undefined || this.parent === undefined) return this.#ownAttribute;
    return this.parent.attribute;
  }
}
