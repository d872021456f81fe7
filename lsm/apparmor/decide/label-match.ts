/**
 * Is the transition to a label allowed by the file rules of a profile? (label_match in domain.c)
 *
 * Rules are patterns of names. A compound label is matched as a whole first; failing that, each of its profiles must be allowed.
 */
import { NO_STATE } from '../policy/dfa.ts';
import type { Label } from '../policy/label.ts';
import { namespacePath } from '../policy/label-text.ts';
import type { Profile } from '../policy/namespace.ts';
import { ALL_PERMISSIONS, accumulate, applyMode, NO_PERMISSIONS, type Permissions } from '../policy/permissions.ts';

export interface LabelMatch {
  readonly allowed: boolean;
  readonly permissions: Permissions;
}

/** @param state where to start: after the path of an executable for transitions at exec. */
export function matchLabel(
  profile: Profile,
  target: Label,
  how: { readonly stack: boolean; readonly request: number; readonly state: number },
): LabelMatch {
  const { file } = profile.rules;
  if (profile.unconfined) return { allowed: true, permissions: { ...NO_PERMISSIONS, allow: how.request } };
  if (file === undefined) return { allowed: false, permissions: NO_PERMISSIONS };
  const visible = target.profiles.filter((member) => profile.ns.sees(member.ns));
  if (visible.length === 0) return { allowed: true, permissions: ALL_PERMISSIONS };
  // Text after the first name of a whole label has no `&` of its own.
  let state = how.state;
  visible.forEach((member, index) => {
    const text = index === 0 ? nameFor(profile, member, how.stack) : `//&${nameFor(profile, member, false)}`;
    state = file.dfa.matchText(state, text);
  });
  if (state !== NO_STATE) {
    const whole = moded(profile, file.filePermissions(state, true));
    if ((whole.allow & how.request) === how.request) return { allowed: true, permissions: whole };
  }
  let sum = ALL_PERMISSIONS;
  for (const member of visible) {
    const end = file.dfa.matchText(how.state, nameFor(profile, member, how.stack));
    if (end === NO_STATE) return { allowed: false, permissions: NO_PERMISSIONS };
    const part = moded(profile, file.filePermissions(end, true));
    sum = { ...accumulate(sum, part), xindex: sum.xindex || part.xindex };
  }
  return { allowed: (sum.allow & how.request) >>> 0 === how.request, permissions: sum };
}

function moded(profile: Profile, permissions: Permissions): Permissions {
  return applyMode(permissions, profile.mode, profile.rules.auditAll);
}

/** A profile as the rules of another one name it. */
function nameFor(profile: Profile, member: Profile, stack: boolean): string {
  const prefix = member.ns === profile.ns ? '' : `:${namespacePath(profile.ns, member.ns)}:`;
  return `${stack ? '&' : ''}${prefix}${member.hname}`;
}
