/**
 * Labels: what confines a task. A set of profiles in the kernel's canonical order.
 *
 * Order (label.c): namespaces by level, then by name; profiles of one namespace by name; bytes compare as unsigned. So the last profile is
 * in the deepest namespace, which is the one whose view of the policy a task with this label has.
 *
 * That namespace keeps its compound labels (struct aa_labelset). One is kept from when somebody makes it, also when nobody has it any more,
 * as the kernel's are: each holds on to itself through its proxy.
 */
import type { PolicyNamespace, Profile } from './namespace.ts';

export class Label {
  /** At least one, in canonical order. */
  readonly profiles: readonly [Profile, ...Profile[]];
  /** Made by adding to another, not from a list. */
  readonly #merged: boolean;
  /** Compound labels that are kept up to date by their namespace's set; for others the meaning is computed when somebody asks. */
  #kept = false;
  #successor: Label | undefined;

  private constructor(profiles: readonly [Profile, ...Profile[]], merged = false) {
    this.profiles = profiles;
    this.#merged = merged;
  }

  /** The label of these profiles, or of what stands for them; at least one must be given. */
  static of(first: Profile, ...rest: readonly Profile[]): Label {
    const [head, ...tail] = [...new Set([first, ...rest].map((profile) => profile.next()))].sort(compareProfiles);
    return new Label([head ?? first, ...tail]);
  }

  /**
   * The present meaning of the label (aa_get_newest_label): this one, unless a profile was replaced or removed. Call
   * before every use of a stored label. What a removed profile leads to may be stale itself and is not followed
   * further: an `unconfined` whose namespace ended, too. A compound label means what its set exchanged it for
   * (updateLabels), and stays as it is once its namespace is gone: nobody updates the labels of a namespace that ends
   * (destroy_ns in policy_ns.c).
   */
  newest(): Label {
    if (this.#kept) return this.#successor?.newest() ?? this;
    if (!this.profiles.some((profile) => profile.stale)) return this;
    if (!this.stacked) return new Label([this.profiles[0].next()]);
    return this.namespace.dead ? this : Label.of(...this.profiles);
  }

  /** From now on only `replaceBy` changes what this label means. */
  keep(): this {
    this.#kept = true;
    return this;
  }

  replaceBy(successor: Label): void {
    this.#successor = successor;
  }

  /** The one of these profiles that everybody has; as a compound label it can be found by its text from now on. */
  enlist(): Label {
    if (!this.stacked) return this;
    const { labels } = this.namespace;
    const known = labels.get(this.#key);
    if (known instanceof Label && known.equals(this)) return known;
    labels.set(this.#key, this.keep());
    return this;
  }

  /** Has somebody made a compound label of these names? */
  get isKnown(): boolean {
    return this.namespace.labels.has(this.#key);
  }

  /** Kept labels are told apart by names. */
  get #key(): string {
    return this.profiles.map((profile) => `${profile.ns.hname}\0${profile.hname}`).join('\0\0');
  }

  /** Namespace of the last profile. */
  get namespace(): PolicyNamespace {
    return (this.profiles.at(-1) ?? this.profiles[0]).ns;
  }

  get stacked(): boolean {
    return this.profiles.length > 1;
  }

  /** Stacked, and not all in one namespace. */
  get namespaceStacked(): boolean {
    return this.profiles.some((profile) => profile.ns !== this.namespace);
  }

  /** Of compound labels, the kernel computes the flag only for those that it merges (accum_vec_flags in label_merge_insert). */
  get unconfined(): boolean {
    return (this.#merged || !this.stacked) && this.profiles.every((profile) => profile.unconfined);
  }

  /** Profiles in the namespace of the label: those that transitions act on. */
  get inScope(): readonly Profile[] {
    return this.profiles.filter((profile) => profile.ns === this.namespace);
  }

  equals(other: Label): boolean {
    return (
      this.profiles.length === other.profiles.length &&
      this.profiles.every((profile, index) => profile === other.profiles[index])
    );
  }

  merge(other: Label): Label {
    const union = Label.of(...this.profiles, ...other.profiles);
    return union.equals(this) ? this : new Label(union.profiles, true);
  }

  includes(sub: Label): boolean {
    return sub.profiles.every((profile) => this.profiles.includes(profile));
  }

  /** As `includes`, but profiles that do not confine do not matter. */
  includesConfined(sub: Label): boolean {
    return sub.profiles.every((profile) => profile.unconfined || this.profiles.includes(profile));
  }
}

/**
 * After a change of policy in `ns` (__aa_labelset_update_subtree): labels with a stale profile are exchanged for what has become of
 * them. What takes the place of one that lost a profile is kept in turn. What takes the place of one with a replaced profile is not (the
 * insertion is in an assertion that kernels are built without): it cannot be found, and since only kept labels are updated, who has it
 * keeps it whatever happens to its profiles later.
 */
export function updateLabels(ns: PolicyNamespace): void {
  const stale = [...ns.labels].filter(([, { profiles }]) => profiles.some((profile) => profile.stale));
  for (const [key] of stale) ns.labels.delete(key);
  for (const [, label] of stale) {
    if (!(label instanceof Label)) continue;
    const next = Label.of(...label.profiles);
    const lost = label.profiles.some((profile) => profile.removed);
    label.replaceBy(lost ? next.enlist() : next.stacked ? next.keep() : next);
  }
  ns.children.forEach(updateLabels);
}

function compareProfiles(a: Profile, b: Profile): number {
  if (a.ns !== b.ns) return a.ns.level - b.ns.level || compareBytes(a.ns.hname, b.ns.hname);
  return compareBytes(a.hname, b.hname);
}

/** Names are byte strings (one character per byte), so comparing code units compares bytes. */
function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
