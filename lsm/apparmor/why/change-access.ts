/** Questions about changing the label: to another profile, or into a hat of this one. */

import { matchLabel } from '../decide/label-match.ts';
import type { Label } from '../policy/label.ts';
import type { Profile } from '../policy/namespace.ts';
import { MAY } from '../policy/permissions.ts';
import { type Access, type ExplainedAccess, NOT_MEDIATED, NOTHING, ruleBits } from './access.ts';
import { type Peer, peerName } from './peer.ts';

const BITS = { change_profile: MAY.CHANGE_PROFILE };

/** Only profiles in the namespace of the label are asked. */
export function changeProfileAccess(target: Peer, label: Label): Access {
  const missing = typeof target === 'string' ? { note: 'there is no such label now: ENOENT' } : {};
  return {
    class: 'change_profile',
    object: peerName(target),
    permissions: Object.keys(BITS),
    all: [],
    decide: (profile) =>
      profile.ns === label.namespace ? { ...changeBy(profile, target), ...missing } : { ...NOT_MEDIATED, ...missing },
    rule: () => `change_profile -> ${peerName(target)},`,
  };
}

function changeBy(profile: Profile, target: Peer): ExplainedAccess {
  const { file } = profile.rules;
  if (file === undefined) return { mediated: true, of: () => NOTHING };
  if (typeof target === 'string') {
    const state = file.dfa.matchText(file.fileStart, target);
    const permissions = file.filePermissions(state, true);
    return { mediated: true, of: () => (state === 0 ? NOTHING : ruleBits(permissions, MAY.CHANGE_PROFILE)) };
  }
  const how = { stack: false, request: MAY.CHANGE_PROFILE, state: file.fileStart };
  const { allowed, permissions } = matchLabel(profile, target, how);
  return { mediated: true, of: () => ({ ...ruleBits(permissions, MAY.CHANGE_PROFILE), allow: allowed }) };
}

/** Without names: all hats that there are. A hat is entered from its parent or from another hat of the same parent. */
export function changeHatAccess(label: Label, asked: readonly string[]): Access {
  const hats = [...new Set(label.inScope.flatMap((profile) => hatsOf(profile).map(({ name }) => name)))];
  return {
    class: 'change_hat',
    unlogged: true,
    object: 'change_hat',
    permissions: asked.length > 0 ? asked : hats,
    all: hats,
    decide: (profile) =>
      profile.ns === label.namespace
        ? { mediated: true, of: (hat) => ({ ...NOTHING, allow: hatsOf(profile).some(({ name }) => name === hat) }) }
        : NOT_MEDIATED,
    rule: (names) => names.map((name) => `^${name} { ... }`).join(' '),
  };
}

function hatsOf(profile: Profile): Profile[] {
  const parent = profile.isHat ? profile.parent : profile;
  return (parent?.children ?? []).filter(({ isHat }) => isHat);
}
