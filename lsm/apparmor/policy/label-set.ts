/**
 * The compound labels of a namespace: those whose last profile is in it (struct aa_labelset in label.c).
 *
 * A label is put in when somebody makes it, and stays when nobody has it any more, as the kernel's do: each holds on to
 * itself through its proxy. When policy changes, labels with a stale profile are exchanged for what has become of them.
 * What takes the place of one that lost a profile is put in again. What takes the place of one with a replaced profile
 * is not (the insertion is in an assertion that kernels are built without): it cannot be found, and since only members
 * of a set are updated, who has it keeps it whatever happens to its profiles later.
 */
import { Label } from './label.ts';
import type { PolicyNamespace } from './namespace.ts';

export class LabelSet {
  readonly #labels = new Map<string, Label>();

  /** The label of the set with the same profiles, which this one becomes if there is none. */
  intern(label: Label): Label {
    const key = keyOf(label);
    const known = this.#labels.get(key);
    if (known?.equals(label) === true) return known;
    this.#labels.set(key, label.keep());
    return label;
  }

  has(label: Label): boolean {
    return this.#labels.has(keyOf(label));
  }

  /** Takes out what is stale. @returns the labels that were taken out. */
  takeStale(): Label[] {
    const stale = [...this.#labels].filter(([, label]) => label.profiles.some((profile) => profile.stale));
    for (const [key] of stale) this.#labels.delete(key);
    return stale.map(([, label]) => label);
  }
}

/** After a change of policy in `ns` (__aa_labelset_update_subtree). */
export function updateLabels(ns: PolicyNamespace): void {
  for (const label of ns.labels.takeStale()) {
    const next = Label.of(...label.profiles);
    const lost = label.profiles.some((profile) => profile.removed);
    label.replaceBy(lost ? next.enlist() : next.stacked ? next.keep() : next);
  }
  ns.children.forEach(updateLabels);
}

/** Labels are told apart by names. */
function keyOf(label: Label): string {
  return label.profiles.map((profile) => `${profile.ns.hname}\0${profile.hname}`).join('\0\0');
}
