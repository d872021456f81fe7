/** Removing profiles and namespaces (aa_remove_profiles in policy.c, __aa_remove_ns in policy_ns.c). */
import { textOf, untilNul } from '../../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../../linux/errno.ts';
import { updateLabels } from './label.ts';
import { findNamespace, findProfile } from './lookup.ts';
import { skipSpaces, splitQualifiedName } from './names.ts';
import type { PolicyNamespace, Profile } from './namespace.ts';
import type { PolicyAudit, RecordWriter } from './records.ts';

/** Which lists of a namespace changed, for invalidation and wake-ups. `revision` comes once for each change of policy. */
export type PolicyChange = (ns: PolicyNamespace, what: 'revision' | 'profiles' | 'rawData' | 'namespaces') => void;

export function bumpRevision(ns: PolicyNamespace, onChange: PolicyChange): void {
  ns.revision++;
  onChange(ns, 'revision');
}

/** A write to .remove: a profile, or a namespace when only that is named. */
export function removeText(
  base: PolicyNamespace,
  bytes: Uint8Array,
  audit: RecordWriter<PolicyAudit>,
  onChange: PolicyChange,
): Result<number> {
  const text = textOf(untilNul(bytes));
  const record = (rest: Partial<PolicyAudit>) => audit({ kind: 'policy', operation: 'profile_remove', ...rest });
  const fail = (info: string, rest: Partial<PolicyAudit>): Errno => {
    record({ ...rest, info, error: E.ENOENT });
    return E.ENOENT;
  };
  if (text === '') return fail('no profile specified', { name: '' });
  const target = parseTarget(base, text);
  if (target.ns === undefined) return fail('namespace does not exist', target.audit);
  if (target.name === undefined) {
    bumpRevision(target.ns, onChange);
    removeNamespaceTree(target.ns, onChange);
    record(target.audit);
    return bytes.length;
  }
  const profile = findProfile(target.ns, target.name);
  if (profile === undefined) return fail('profile does not exist', target.audit);
  bumpRevision(target.ns, onChange);
  removeProfile(profile);
  updateLabels(target.ns);
  releaseRawData(target.ns, onChange);
  onChange(target.ns, 'profiles');
  record({ ...target.audit, name: profile.hname });
  return bytes.length;
}

interface Target {
  readonly ns: PolicyNamespace | undefined;
  readonly name: string | undefined;
  readonly audit: Partial<PolicyAudit>;
}

function parseTarget(base: PolicyNamespace, text: string): Target {
  if (!text.startsWith(':')) return { ns: base, name: text, audit: { name: text } };
  const { ns: path, name } = splitQualifiedName(text);
  // The record shows the namespace's name from its first byte to the end of what was written.
  const shown = path === undefined ? {} : { ns: skipSpaces(text.slice(1)) };
  const audit = name === undefined ? shown : { ...shown, name };
  return { ns: path === undefined ? undefined : findNamespace(base, path), name, audit };
}

/** Takes a profile and its children out of their tables; who holds them is left to the namespace's `unconfined`. */
export function removeProfile(profile: Profile): void {
  for (const child of [...profile.children]) removeProfile(child);
  const list = profile.parent?.children ?? profile.ns.profiles;
  const at = list.indexOf(profile);
  if (at >= 0) list.splice(at, 1);
  profile.removeFor(profile.ns.unconfined);
}

export function removeNamespaceTree(ns: PolicyNamespace, onChange: PolicyChange): void {
  const siblings = ns.parent?.children ?? [];
  const at = siblings.indexOf(ns);
  if (at >= 0) siblings.splice(at, 1);
  for (const profile of [...ns.profiles]) removeProfile(profile);
  for (const child of [...ns.children]) removeNamespaceTree(child, onChange);
  ns.leftovers.length = 0;
  ns.rawData.length = 0;
  ns.dead = true;
  if (ns.parent === undefined) return;
  ns.unconfined.removeFor(ns.parent.unconfined);
  onChange(ns.parent, 'namespaces');
}

/** Forgets the blobs that no profile came from any more. */
export function releaseRawData(ns: PolicyNamespace, onChange: PolicyChange): void {
  const used = new Set<unknown>();
  const visit = (profiles: readonly Profile[]) => {
    for (const profile of profiles) {
      used.add(profile.rawData);
      visit(profile.children);
    }
  };
  visit(ns.profiles);
  const kept = ns.rawData.filter((data) => data.pinned || used.has(data));
  if (kept.length === ns.rawData.length) return;
  ns.rawData.splice(0, ns.rawData.length, ...kept);
  onChange(ns, 'rawData');
}
