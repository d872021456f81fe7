/** Finding namespaces and profiles by their names (policy.c, policy_ns.c). */
import type { Label } from './label.ts';
import { splitQualifiedName } from './names.ts';
import type { PolicyNamespace, Profile } from './namespace.ts';

const UNCONFINED = 'unconfined';

/** @param path of namespaces below `view`. */
export function findNamespace(view: PolicyNamespace, path: string): PolicyNamespace | undefined {
  let at: PolicyNamespace | undefined = view;
  for (const name of path.split('//')) at = name === '' ? undefined : at?.child(name);
  return at;
}

/** The profile with this hierarchical name, or the namespace itself for the empty parent of a top-level name. */
export function findProfile(ns: PolicyNamespace, hname: string): Profile | undefined {
  let profiles: readonly Profile[] = ns.profiles;
  let found: Profile | undefined;
  for (const name of components(hname)) {
    found = name === '' ? undefined : findChild(profiles, name);
    if (found === undefined) return undefined;
    profiles = found.children;
  }
  return found;
}

export function findChild(profiles: readonly Profile[], name: string): Profile | undefined {
  return profiles.find((profile) => profile.name === name);
}

/** A separator that follows a separator belongs to the next name: `a///b` is `a` and `/b`. */
export function components(hname: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = hname.indexOf('//'); at >= 0; at = hname.indexOf('//', from)) {
    parts.push(hname.slice(from, at));
    from = at + 2;
  }
  return [...parts, hname.slice(from)];
}

/** The profile that text names for somebody with this label. */
export function lookupQualified(base: Label, text: string): Profile | undefined {
  const { ns: path, name } = splitQualifiedName(text);
  const ns = path === undefined ? base.namespace : findNamespace(base.namespace, path);
  if (ns === undefined) return undefined;
  if (name === undefined) return ns.unconfined.newest();
  // The kernel compares only as many bytes as were given: any beginning of the name is as good as the whole.
  return findProfile(ns, name) ?? (UNCONFINED.startsWith(name) ? ns.unconfined.newest() : undefined);
}
