/** Which profile does an executable belong to? (find_attach and aa_xattrs_match in domain.c) */
import { type Dfa, NO_STATE, START_STATE } from '../policy/dfa.ts';
import type { Profile } from '../policy/namespace.ts';
import { MAY } from '../policy/permissions.ts';
import type { PolicyDb } from '../policy/policy-db.ts';

export interface Executable {
  /** Resolved path, as a byte string. */
  readonly path: string;
  /** Extended attributes, name to value (one character per byte). */
  readonly xattrs?: Readonly<Record<string, string>>;
}

export interface Attachment {
  readonly profile?: Profile;
  /** Why there is none, if there is more to say. */
  readonly info?: string;
}

interface Candidate {
  readonly profile: Profile;
  readonly length: number;
  readonly xattrs: number;
}

/**
 * The best of the profiles: the longest match before the first wildcard, then the most extended attributes. Two equally
 * good ones are none. A profile without pattern is chosen at once when its name is the path.
 */
export function findAttachment(profiles: readonly Profile[], file: Executable): Attachment {
  let best: Candidate | undefined;
  let conflict = false;
  for (const profile of profiles) {
    if (profile.isNull) continue;
    const { xmatch } = profile.rules;
    if (xmatch === undefined) {
      if (profile.name === file.path) return { profile };
      continue;
    }
    const { state, count } = xmatch.dfa.leftMatch(START_STATE, file.path);
    if (!executable(xmatch, state) || count < (best?.length ?? 0)) continue;
    const xattrs = matchXattrs(profile, xmatch, state, file);
    if (xattrs === undefined) continue;
    const rival = best ?? { length: 0, xattrs: 0 };
    if (count === rival.length && xattrs <= rival.xattrs) {
      conflict ||= xattrs === rival.xattrs;
      continue;
    }
    best = { profile, length: Math.max(count, profile.rules.xmatchLength), xattrs };
    conflict = false;
  }
  if (conflict) return { info: 'conflicting profile attachments' };
  return best === undefined ? {} : { profile: best.profile };
}

function executable(db: PolicyDb, state: number): boolean {
  return (db.permissions(state).allow & MAY.EXEC) !== 0;
}

/** How many of the attributes that the profile asks for the file has; `undefined` when it does not belong to the profile. */
function matchXattrs(profile: Profile, db: PolicyDb, start: number, file: Executable): number | undefined {
  const { dfa }: { dfa: Dfa } = db;
  let matched = profile.rules.xattrs.length;
  if (matched === 0) return 0;
  let state = dfa.outOfBand(start);
  for (const name of profile.rules.xattrs) {
    const value = file.xattrs?.[name];
    if (value !== undefined) {
      // Presence is a step of its own, so that an empty value differs from none.
      state = dfa.matchText(dfa.next(state, 0), value);
      if (!executable(db, state)) return undefined;
    }
    state = dfa.outOfBand(state);
    if (value === undefined) {
      if (state === NO_STATE) return undefined;
      matched--;
    }
  }
  return matched;
}
