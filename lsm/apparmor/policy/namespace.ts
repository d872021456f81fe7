/**
 * Policy namespaces: a tree of profile tables.
 *
 * Each has its own `unconfined`, which is in no table and is never listed. Lists are in the kernel's order: new members go to the front.
 * What a task sees of the tree starts at the namespace of its label (Label.namespace): itself and everything below.
 */

import { LabelSet } from './label-set.ts';
import { Profile } from './profile.ts';
import type { RawData } from './raw-data.ts';

/** A parent at a deeper level than this has no children (MAX_NS_DEPTH of policy_ns.h). */
const MAX_LEVEL = 32;

export class PolicyNamespace {
  /** Last component. */
  readonly name: string;
  /** Path from the root: `root`, `root//a`, `root//a//b`. */
  readonly hname: string;
  readonly parent: PolicyNamespace | undefined;
  readonly level: number;
  readonly unconfined: Profile;
  /** Top-level profiles. */
  readonly profiles: Profile[] = [];
  /** Profiles of failed loads: no table has them, but their directories stay. */
  readonly leftovers: Profile[] = [];
  readonly children: PolicyNamespace[] = [];
  readonly rawData: RawData[] = [];
  readonly labels = new LabelSet();
  /** Number of changes of policy. */
  revision = 0;
  /** Removed: a task may still have open files that lead here. */
  dead = false;
  #nextId = 0;
  #lastNull = 0;

  constructor(name: string, parent?: PolicyNamespace) {
    this.name = name;
    this.parent = parent;
    this.level = parent === undefined ? 0 : parent.level + 1;
    this.hname = parent === undefined ? name : `${parent.hname}//${name}`;
    this.unconfined = new Profile({ hname: 'unconfined', ns: this, mode: 'unconfined', immutable: true });
  }

  get mayHaveChildren(): boolean {
    return this.level <= MAX_LEVEL;
  }

  /** The next number for the name of a profile's directory. */
  takeId(): number {
    return this.#nextId++;
  }

  /** The next number for the name of a learning profile. */
  takeNullNumber(): number {
    return ++this.#lastNull;
  }

  child(name: string): PolicyNamespace | undefined {
    return this.children.find((child) => child.name === name);
  }

  /** Is `other` this namespace, or (unless `subtree` is false) below it? */
  sees(other: PolicyNamespace, subtree = true): boolean {
    if (other === this) return true;
    if (!subtree) return false;
    for (let at = other.parent; at !== undefined; at = at.parent) if (at === this) return true;
    return false;
  }
}
