/** Small policies for tests: profiles made of a name, a mode and rules for a few texts. */
import { failed } from '../../../../linux/errno.ts';
import { Label } from '../label.ts';
import { findProfile } from '../lookup.ts';
import type { PolicyNamespace, Profile } from '../namespace.ts';
import { Policy } from '../policy.ts';
import { alignedDfa, dfaBlob, type ProfileSpec, profileStream, type StateSpec, tablesOf, W } from './serialise.ts';

/** Automaton that accepts exactly these texts, each with its accept word; -1 in a text's code stands for the out-of-band step. */
export function textsDfa(texts: Readonly<Record<string, number>>): Uint8Array {
  const states: { accept: number; next: Record<number, number> }[] = [
    { accept: 0, next: {} },
    { accept: 0, next: {} },
  ];
  for (const [text, accept] of Object.entries(texts)) {
    let at = 1;
    for (const char of text) {
      const byte = char === OUT_OF_BAND ? -1 : char.charCodeAt(0);
      const state = states[at];
      if (state === undefined) break;
      state.next[byte] ??= states.push({ accept: 0, next: {} }) - 1;
      at = state.next[byte] ?? 0;
    }
    const end = states[at];
    if (end !== undefined) end.accept = accept;
  }
  return dfaBlob(tablesOf(states satisfies StateSpec[]), 2);
}

/** Stands for the out-of-band step in texts of `textsDfa`. */
export const OUT_OF_BAND = '\u2190';

export interface TestProfile extends Omit<ProfileSpec, 'file'> {
  /** Texts of file rules, with accept words of the old layout. */
  readonly file?: Readonly<Record<string, number>>;
  /** Texts that the profile attaches to, with accept words; length 0. */
  readonly xmatch?: Readonly<Record<string, number>>;
}

export function stream(spec: TestProfile): Buffer {
  const { file, xmatch, ...rest } = spec;
  const head = 16 + 16 + (spec.ns === undefined ? 0 : 13 + spec.ns.length + 4) + 3 + spec.name.length + 1 - 4;
  const early = xmatch === undefined ? [] : [alignedDfa(head, textsDfa(xmatch)), W.u32(0)];
  return profileStream({ ...rest, early: [...early, ...(spec.early ?? [])], ...(file && { file: textsDfa(file) }) });
}

export function load(policy: Policy, ...profiles: readonly (TestProfile | string)[]): void {
  loadInto(policy, policy.root, ...profiles);
}

export function loadInto(policy: Policy, ns: PolicyNamespace, ...profiles: readonly (TestProfile | string)[]): void {
  const streams = profiles.map((profile) => stream(typeof profile === 'string' ? { name: profile } : profile));
  const result = policy.load(ns, Buffer.concat(streams), { replace: true }, () => {});
  if (failed(result)) throw new Error(`load: ${result.code}`);
}

export function profile(ns: PolicyNamespace, hname: string): Profile {
  const found = findProfile(ns, hname);
  if (found === undefined) throw new Error(`no profile ${hname}`);
  return found;
}

export function labelOf(first: Profile, ...rest: readonly Profile[]): Label {
  return Label.of(first, ...rest);
}

export function policyWith(...profiles: readonly (TestProfile | string)[]): Policy {
  const policy = new Policy();
  load(policy, ...profiles);
  return policy;
}

export function namespace(policy: Policy, parent: PolicyNamespace, name: string): PolicyNamespace {
  const ns = policy.createNamespace(parent, name);
  if (failed(ns)) throw new Error(ns.code);
  return ns;
}
