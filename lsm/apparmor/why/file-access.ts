/** Questions about files by their paths, and about where executing them leads. */

import { findTarget } from '../decide/index.ts';
import { Label } from '../policy/index.ts';
import type { Profile } from '../policy/namespace.ts';
import { type Permissions, X } from '../policy/permissions.ts';
import { type Access, type ExplainedAccess, NOTHING, ruleBits } from './access.ts';
import type { WhyExec } from './report.ts';
import { FILE_LETTERS, FILE_WORDS } from './words.ts';

/** What a rule with `w` gives besides. */
const MADE_BY_WRITING: readonly string[] = ['create', 'delete'];

const BITS = { ...FILE_LETTERS, ...FILE_WORDS };

/** @param owner does the file belong to the asker? */
export function fileAccess(path: string, permissions: readonly string[], owner: boolean): Access {
  return {
    class: 'file',
    object: path,
    permissions,
    all: Object.keys(FILE_LETTERS),
    decide: (profile) => decide(profile, path, owner),
    rule: (names) => {
      const letters = [...new Set(names.map((name) => (MADE_BY_WRITING.includes(name) ? 'w' : name)))];
      return letters.every((name) => name in FILE_LETTERS) ? fileRule(path, letters) : undefined;
    },
  };
}

/** Writing includes appending; where a program goes must be said, and nowhere else is the least. */
function fileRule(path: string, names: readonly string[]): string {
  const quoted = /[\s"]/.test(path) ? `"${path.replaceAll('"', '\\"')}"` : path;
  const letters = names.filter((name) => name !== 'x' && !(name === 'a' && names.includes('w')));
  return `${quoted.replace(/[[\]{}*?^\\@]/g, '\\$&')} ${letters.join('')}${names.includes('x') ? 'ix' : ''},`;
}

function decide({ rules: { file } }: Profile, path: string, owner: boolean): ExplainedAccess {
  if (file === undefined) return { mediated: true, of: () => NOTHING };
  const state = file.dfa.matchText(file.fileStart, path);
  if (state === 0) {
    return { mediated: true, of: () => NOTHING, matched: path.slice(0, aliveFor(path, file.fileStart, file.dfa)) };
  }
  const permissions = file.filePermissions(state, owner);
  const others = file.filePermissions(state, false);
  return {
    mediated: true,
    permissions,
    of: (name) => ruleBits(permissions, BITS[name] ?? 0),
    ownerOnly: (name) => ruleBits(permissions, BITS[name] ?? 0).allow && !ruleBits(others, BITS[name] ?? 0).allow,
  };
}

/** How many bytes of the path some rule follows. */
function aliveFor(path: string, start: number, dfa: { next(state: number, byte: number): number }): number {
  let state = start;
  let at = 0;
  for (; at < path.length; at++) {
    state = dfa.next(state, path.charCodeAt(at) & 0xff);
    if (state === 0) break;
  }
  return at;
}

/** Where the rule that allows executing leads. @param name how a label is shown. */
export function execOf(
  profile: Profile,
  path: string,
  { xindex }: Permissions,
  name: (label: Label) => string,
): { readonly exec: WhyExec; readonly label: Label | undefined } {
  const { label, info } = findTarget(profile, { path }, xindex);
  const isNamed = (xindex & (X.NAME | X.TABLE)) === X.TABLE;
  const named = isNamed ? profile.rules.file?.transitions[xindex & X.INDEX_MASK] : undefined;
  const stays = info !== undefined && label?.equals(Label.of(profile)) === true;
  return {
    label,
    exec: {
      rule: qualifier(xindex),
      ...(named === undefined ? {} : { named }),
      ...(label === undefined ? {} : { target: name(label) }),
      secure: !stays && (xindex & X.UNSAFE) === 0,
    },
  };
}

/** A capital letter cleans the environment; `i` and `u` after it are what is done when there is no profile to go to. */
function qualifier(xindex: number): string {
  const [inherits, unconfined] = [(xindex & X.INHERIT) !== 0, (xindex & X.UNCONFINED) !== 0];
  const cased = (letter: string) => ((xindex & X.UNSAFE) === 0 ? letter.toUpperCase() : letter);
  if ((xindex & (X.NAME | X.TABLE)) === 0) return inherits ? 'ix' : unconfined ? `${cased('u')}x` : 'x';
  const fallback = inherits ? 'i' : unconfined ? 'u' : '';
  return `${cased((xindex & X.CHILD) === 0 ? 'p' : 'c')}${fallback}x`;
}
