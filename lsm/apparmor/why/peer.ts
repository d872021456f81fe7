/** The label of another process, as rules of a profile match it (aa_label_match in label.c). It need not be one that the policy has now. */
import type { Label } from '../policy/label.ts';
import { formatLabel, namespacePath } from '../policy/label-text.ts';
import type { Profile } from '../policy/namespace.ts';
import { ALL_PERMISSIONS, accumulate, NO_PERMISSIONS, type Permissions } from '../policy/permissions.ts';
import type { PolicyDb } from '../policy/policy-db.ts';

/** A label of the policy, or the text of one that it does not have. */
export type Peer = Label | string;

export function peerName(peer: Peer): string {
  if (typeof peer === 'string') return peer;
  let root = peer.profiles[0].ns;
  while (root.parent !== undefined) root = root.parent;
  return formatLabel(root, peer, { mode: false });
}

/**
 * The whole label is matched first; if that does not give what is asked for, each of its profiles must. @param start
 * where rules about peers begin.
 */
export function matchPeer(profile: Profile, db: PolicyDb, peer: Peer, start: number, request: number): Permissions {
  const names = typeof peer === 'string' ? peer.split('//&') : namesFor(profile, peer);
  if (names.length === 0) return ALL_PERMISSIONS;
  const match = (name: string) => {
    const state = db.dfa.matchText(start, name);
    return state === 0 ? NO_PERMISSIONS : db.permissions(state);
  };
  const whole = match(names.join('//&'));
  return (request & ~whole.allow) === 0 ? whole : names.map(match).reduce(accumulate, ALL_PERMISSIONS);
}

/** Rules see members of their own namespace only. */
function namesFor(profile: Profile, peer: Label): string[] {
  return peer.profiles
    .filter((member) => profile.ns.sees(member.ns, false))
    .map((member) => (member.ns === profile.ns ? '' : `:${namespacePath(profile.ns, member.ns)}:`) + member.hname);
}
