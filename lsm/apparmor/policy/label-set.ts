/**
 * The compound labels of a namespace: those whose last profile is in it (struct aa_labelset in label.c).
 *
 * A label is put in when somebody makes it, and stays when nobody has it any more, as the kernel's do: each holds on to itself through its proxy.
 * When policy changes, labels with a profile that was removed are exchanged for what is left of them. Those with a profile that was replaced are
 * only taken out (the insertion of the new one is in an assertion that kernels are built without), so they cannot be found until they are made again.
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
    this.#labels.set(key, label);
    return label;
  }

  has(label: Label): boolean {
    return this.#labels.has(keyOf(label));
  }

  /** Takes out what is stale. @returns what takes the place of labels that lost a profile. */
  update(): Label[] {
    const updated: Label[] = [];
    for (const [key, label] of this.#labels) {
      if (!label.profiles.some((profile) => profile.stale)) continue;
      this.#labels.delete(key);
      if (label.profiles.some((profile) => profile.removed)) updated.push(Label.of(...label.profiles));
    }
    return updated;
  }
}

/** After a change of policy in `ns` (__aa_labelset_update_subtree). */
export function updateLabels(ns: PolicyNamespace): void {
  for (const label of ns.labels.update()) label.enlist();
  ns.children.forEach(updateLabels);
}

/** Labels are told apart by names. */
function keyOf(label: Label): string {
  return label.profiles.map((profile) => `${profile.ns.hname}\0${profile.hname}`).join('\0\0');
}
