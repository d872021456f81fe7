/** What the rules of a profile say about the label of another process: aa_label_match() of security/apparmor/label.c. */
import { NO_STATE } from '../policy/dfa.ts';
import type { Label } from '../policy/label.ts';
import type { Profile } from '../policy/namespace.ts';
import { ALL_PERMISSIONS, accumulate, applyMode, NO_PERMISSIONS, type Permissions } from '../policy/permissions.ts';

/**
 * With the mode applied. `input`: what of the question comes before the label, from the class on. Only members of the
 * profile's own namespace count. The whole label is matched first; when that does not give what is asked for, each of its
 * members must.
 */
export function peerPermissions(profile: Profile, input: Uint8Array, peer: Label, request: number): Permissions {
  return moded(profile, matchPeer(profile, input, peer, request));
}

function moded(profile: Profile, permissions: Permissions): Permissions {
  return applyMode(permissions, profile.mode, profile.rules.auditAll);
}

function matchPeer(profile: Profile, input: Uint8Array, peer: Label, request: number): Permissions {
  const { policy } = profile.rules;
  const names = peer.profiles.filter(({ ns }) => ns === profile.ns).map(({ hname }) => hname);
  if (names.length === 0) return ALL_PERMISSIONS;
  if (policy === undefined) return NO_PERMISSIONS;
  const start = policy.dfa.match(policy.start, input);
  const match = (text: string): Permissions | undefined => {
    const state = policy.dfa.matchText(start, text);
    return state === NO_STATE ? undefined : moded(profile, policy.permissions(state));
  };
  const whole = match(names.join('//&'));
  if (whole !== undefined && (request & ~whole.allow) === 0) return whole;
  let sum = ALL_PERMISSIONS;
  for (const name of names) {
    const part = match(name);
    if (part === undefined) return NO_PERMISSIONS;
    sum = accumulate(sum, part);
  }
  return sum;
}
