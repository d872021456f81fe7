/**
 * Policy as a tree: namespaces, and the profiles in each.
 *
 * A namespace has an `unconfined` of its own, which is in no table and is never listed. Lists are in the kernel's order: new members go to
 * the front. What a task sees of the tree starts at the namespace of its label (Label.namespace): itself and everything below.
 *
 * A profile is a name in a namespace, a mode, and rules. Profiles are replaced, not changed: everybody who holds one resolves it on use
 * (`newest`), which leads to its replacement or, once it is removed, to the `unconfined` of its namespace.
 */
import type { ProfileMode } from './mode.ts';
import { baseName, trimEnd } from './names.ts';
import type { RawData } from './raw-data.ts';
import { EMPTY_RULES, type ProfileRules } from './rules.ts';

/** A parent at a deeper level than this has no children (MAX_NS_DEPTH of policy_ns.h). */
const MAX_LEVEL = 32;

/** What a namespace knows of the labels that it keeps. */
export interface CompoundLabel {
  readonly profiles: readonly Profile[];
}

export class PolicyNamespace {
  /** Last component, without white space at its end. */
  readonly name: string;
  /** What its directory is called: as who made it has written it. */
  readonly directoryName: string;
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
  /** Compound labels whose last profile is here, by the names of their profiles (label.ts). */
  readonly labels = new Map<string, CompoundLabel>();
  /** Number of changes of policy. */
  revision = 0;
  /** Removed: a task may still have open files that lead here. */
  dead = false;
  #nextId = 0;
  #lastNull = 0;

  constructor(name: string, parent?: PolicyNamespace) {
    this.name = trimEnd(name);
    this.directoryName = name;
    this.parent = parent;
    this.level = parent === undefined ? 0 : parent.level + 1;
    this.hname = parent === undefined ? this.name : `${parent.hname}//${this.name}`;
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

/** The directory of a profile in policy/profiles: survives replacement. */
export class ProfileDirectory {
  /** `<mangled name>.<number>` */
  readonly name: string;
  /** Has `profiles/`: once it has had a child. */
  hasChildren = false;

  constructor(name: string) {
    this.name = name;
  }
}

export class Profile {
  /** Hierarchical name: `parent//leaf`. */
  readonly hname: string;
  /** Leaf name. */
  readonly name: string;
  readonly ns: PolicyNamespace;
  readonly mode: ProfileMode;
  readonly rules: ProfileRules;
  /** Cannot be replaced. */
  readonly immutable: boolean;
  /** Made to stand in for a missing parent, or for learning in complain mode. */
  readonly isNull: boolean;
  readonly isHat: boolean;
  parent: Profile | undefined;
  readonly children: Profile[] = [];
  /** Profiles of failed loads whose directories are below this one's all the same. */
  readonly leftovers: Profile[] = [];
  directory: ProfileDirectory | undefined;
  rawData: RawData | undefined;
  /** SHA-256 of the profile's part of the stream, lower-case hex; a placeholder has none. */
  readonly sha256: string | undefined;
  #successor: Profile | undefined;
  #removed = false;

  constructor(init: {
    hname: string;
    ns: PolicyNamespace;
    mode: ProfileMode;
    rules?: ProfileRules;
    immutable?: boolean;
    isNull?: boolean;
    isHat?: boolean;
    sha256?: string | undefined;
  }) {
    this.hname = init.hname;
    this.name = baseName(init.hname);
    this.ns = init.ns;
    this.mode = init.mode;
    this.rules = init.rules ?? EMPTY_RULES;
    this.immutable = init.immutable ?? false;
    this.isNull = init.isNull ?? false;
    this.isHat = init.isHat ?? this.rules.isHat;
    this.sha256 = init.sha256;
  }

  /** Not restricted: its rules are not looked at. */
  get unconfined(): boolean {
    return this.mode === 'unconfined';
  }

  /** The `unconfined` of a namespace. */
  get isNamespaceUnconfined(): boolean {
    return this === this.ns.unconfined;
  }

  /** From now on `successor` stands for this profile. */
  replaceBy(successor: Profile): void {
    this.#successor = successor;
  }

  /** It is in no table any more. Who holds it is left to `heir`, the `unconfined` of a namespace. */
  removeFor(heir: Profile): void {
    this.#successor = heir;
    this.#removed = true;
  }

  get stale(): boolean {
    return this.#successor !== undefined;
  }

  /** Neither it nor a replacement is in a table. */
  get removed(): boolean {
    let at: Profile = this;
    while (at.#successor !== undefined && !at.#removed) at = at.#successor;
    return at.#removed;
  }

  /**
   * What stands for it: its latest replacement, or the one that was its heir when it was removed
   * (aa_get_newest_profile). That may be stale itself, since a namespace's `unconfined` ends with the namespace.
   */
  next(): Profile {
    let at: Profile = this;
    while (at.#successor !== undefined) {
      const removed = at.#removed;
      at = at.#successor;
      if (removed) break;
    }
    return at;
  }

  newest(): Profile {
    let at: Profile = this;
    while (at.#successor !== undefined) at = at.#successor;
    return at;
  }

  /** Content of the file `attach`; the `unconfined` of a namespace has the empty automaton. */
  get attachText(): string {
    if (this.isNamespaceUnconfined) return '<unknown>';
    return this.rules.attach ?? (this.rules.xmatch === undefined ? this.name : '<unknown>');
  }
}
