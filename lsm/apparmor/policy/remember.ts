/**
 * Noting which profiles there are, and bringing them back.
 *
 * Profiles are replaced, not changed, so a note is a list of them. One that has been replaced or removed since cannot come back itself,
 * since who holds it has gone on to what became of it: an equal one takes its place, as if the same policy were loaded again.
 */
import { updateLabels } from './label.ts';
import { PolicyNamespace, Profile } from './namespace.ts';
import type { RawData } from './raw-data.ts';
import { bumpRevision, type PolicyChange, removeNamespaceTree, removeProfile } from './remove.ts';

interface NotedProfile {
  profile: Profile;
  readonly children: readonly NotedProfile[];
}

interface NotedNamespace {
  readonly name: string;
  readonly profiles: readonly NotedProfile[];
  readonly rawData: readonly RawData[];
  readonly children: readonly NotedNamespace[];
}

/** @returns a function that brings back what this namespace has now, and those below it. */
export function rememberPolicy(root: PolicyNamespace, onChange: PolicyChange): () => void {
  const noted = noteNamespace(root);
  return () => bringBack(root, noted, onChange);
}

function noteNamespace({ directoryName, profiles, rawData, children }: PolicyNamespace): NotedNamespace {
  return {
    name: directoryName,
    profiles: profiles.map(noteProfile),
    rawData: [...rawData],
    children: children.map(noteNamespace),
  };
}

function noteProfile(profile: Profile): NotedProfile {
  return { profile, children: profile.children.map(noteProfile) };
}

function bringBack(ns: PolicyNamespace, noted: NotedNamespace, onChange: PolicyChange): void {
  const names = noted.children.map(({ name }) => name);
  for (const child of [...ns.children]) if (!names.includes(child.directoryName)) removeNamespaceTree(child, onChange);
  const children = noted.children.map((one) => {
    const child = ns.children.find(({ directoryName }) => directoryName === one.name);
    return { noted: one, child: child ?? new PolicyNamespace(one.name, ns) };
  });
  if (children.some(({ child }) => !ns.children.includes(child))) {
    ns.children.splice(0, ns.children.length, ...children.map(({ child }) => child));
    onChange(ns, 'namespaces');
  }
  if (!isAsNoted(ns.profiles, noted.profiles)) {
    bringBackProfiles(ns.profiles, noted.profiles, undefined, ns);
    ns.rawData.splice(0, ns.rawData.length, ...noted.rawData);
    updateLabels(ns);
    bumpRevision(ns, onChange);
    onChange(ns, 'rawData');
    onChange(ns, 'profiles');
  }
  for (const { noted: one, child } of children) bringBack(child, one, onChange);
}

function isAsNoted(profiles: readonly Profile[], noted: readonly NotedProfile[]): boolean {
  return (
    profiles.length === noted.length &&
    noted.every(({ profile, children }) => profiles.includes(profile) && isAsNoted(profile.children, children))
  );
}

function bringBackProfiles(
  list: Profile[],
  noted: readonly NotedProfile[],
  parent: Profile | undefined,
  ns: PolicyNamespace,
): void {
  const names = noted.map(({ profile }) => profile.name);
  for (const profile of [...list]) if (!names.includes(profile.name)) removeProfile(profile);
  for (const one of noted) {
    const present = list.find(({ name }) => name === one.profile.name);
    if (present !== one.profile) one.profile = again(one.profile, present, parent, ns);
    bringBackProfiles(one.profile.children, one.children, one.profile, ns);
  }
  list.splice(0, list.length, ...noted.map(({ profile }) => profile));
}

/** @param present what has its place now. @param ns a namespace that is gone has another in its place. */
function again(
  noted: Profile,
  present: Profile | undefined,
  parent: Profile | undefined,
  ns: PolicyNamespace,
): Profile {
  const { hname, mode, rules, immutable, isNull, isHat, sha256 } = noted;
  const profile = new Profile({ hname, ns, mode, rules, immutable, isNull, isHat, sha256 });
  profile.parent = parent;
  profile.directory = present?.directory ?? noted.directory;
  profile.rawData = noted.rawData;
  if (present === undefined) return profile;
  profile.leftovers.push(...present.leftovers.splice(0));
  for (const child of present.children.splice(0)) {
    child.parent = profile;
    profile.children.push(child);
  }
  present.replaceBy(profile);
  return profile;
}
