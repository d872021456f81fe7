/**
 * Loading a set of profiles: all of them or none (aa_replace_profiles in policy.c).
 *
 * The set is unpacked, its places in the tables are found, the directories that show it are made, and only then does anything take effect.
 * Where the kernel makes directories before it knows that the whole set is good, what it made stays, and so it does
 * here (`leftovers`, pinned raw data): a later load can fail because of it.
 */
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { sha256 } from '../../framework/digests/sha256.ts';
import { updateLabels } from './label.ts';
import { components, findChild, findProfile } from './lookup.ts';
import { parentName } from './names.ts';
import { type PolicyNamespace, Profile, ProfileDirectory } from './namespace.ts';
import { type Compression, RawData } from './raw-data.ts';
import type { PolicyAudit, RecordWriter } from './records.ts';
import { bumpRevision, type PolicyChange, releaseRawData } from './remove.ts';
import { type LoadSet, unpack } from './unpack.ts';

export interface LoadRequest {
  readonly base: PolicyNamespace;
  readonly bytes: Uint8Array;
  readonly replace: boolean;
  readonly audit: RecordWriter<PolicyAudit>;
  readonly onChange: PolicyChange;
  /** The child of `base` with this name, made when it is missing. */
  readonly namespace: (name: string) => Result<PolicyNamespace>;
  readonly compression: Compression;
}

interface Entry {
  readonly profile: Profile;
  readonly rename: string | undefined;
  /** The profile that has this name now. */
  old: Profile | undefined;
  renamed: Profile | undefined;
  /** Parent, which may be part of the set; a name that should have one and has none is `orphan`. */
  parent: Profile | 'orphan' | undefined;
}

type Operation = 'profile_load' | 'profile_replace';

/** What a failing step reports; `entry` is the one to blame, if any. */
interface Failure {
  readonly error: Errno;
  readonly info: string;
  readonly entry?: Entry;
}

export function loadProfiles(request: LoadRequest): Result<number> {
  const set = unpack(request.bytes, request.audit);
  if (failed(set)) return set;
  const stored = request.compression.compress(request.bytes);
  // What does not get smaller is refused, without a word in the log.
  if (request.compression.level !== 0 && stored.length >= request.bytes.length) return E.EINVAL;
  const target = chooseNamespace(request, set);
  if ('error' in target) {
    reportMisplaced(request, set, target);
    return target.error;
  }
  const load = new Load(request, set, stored, target);
  const failure = load.prepare();
  if (failure !== undefined) {
    load.report(failure);
    return failure.error;
  }
  load.commit();
  return request.bytes.length;
}

type Placement = { readonly ns: PolicyNamespace; readonly name: string | undefined };
type Misplaced = Omit<Failure, 'entry'> & { readonly name: string | undefined; readonly index?: number };

/** All profiles of a set go to one namespace: the one that a header or the first name says. */
function chooseNamespace(request: LoadRequest, set: LoadSet): Placement | Misplaced {
  let name = set.ns;
  let without = 0;
  for (const [index, { profile }] of set.entries.entries()) {
    const mixed = { error: E.EACCES, info: 'policy load has mixed namespaces', name, index };
    if (profile.ns === undefined) without++;
    else if (name !== undefined && profile.ns !== name) return mixed;
    else if (name === undefined && without > 0) return mixed;
    else name = profile.ns;
  }
  if (name === undefined) return { ns: request.base, name };
  const ns = request.namespace(name);
  return failed(ns) ? { error: ns, info: 'failed to prepare namespace', name } : { ns, name };
}

function reportMisplaced({ audit, replace }: LoadRequest, set: LoadSet, { error, info, name, index }: Misplaced): void {
  const ns = name === undefined ? {} : { ns: name };
  const nameOf = (at: number | undefined) => {
    const entry = at === undefined ? undefined : set.entries[at];
    return entry === undefined ? {} : { name: entry.profile.hname };
  };
  const operation = index !== undefined && replace ? 'profile_replace' : 'profile_load';
  audit({ kind: 'policy', operation, info, error, ...nameOf(index), ...ns });
  reportRest(set.entries.length, index, (at, rest) =>
    audit({ kind: 'policy', operation: 'profile_load', info: rest, error, ...nameOf(at), ...ns }),
  );
}

/** The others of a failed set: those before the culprit had passed, those after were not looked at. */
function reportRest(count: number, culprit: number | undefined, report: (index: number, info: string) => void): void {
  for (let index = 0; index < count; index++) {
    if (index === culprit) continue;
    const state = culprit !== undefined && index > culprit ? 'unchecked' : 'valid';
    report(index, `${state} profile in failed atomic policy load`);
  }
}

class Load {
  readonly #request: LoadRequest;
  readonly #ns: PolicyNamespace;
  /** Name of the namespace as the stream gave it. */
  readonly #nsName: string | undefined;
  readonly #entries: readonly Entry[];
  readonly #data: RawData;
  readonly #isNewData: boolean;

  constructor(request: LoadRequest, set: LoadSet, stored: Uint8Array, { ns, name }: Placement) {
    this.#request = request;
    this.#ns = ns;
    this.#nsName = name;
    const digest = sha256(request.bytes);
    const known = ns.rawData.find((data) => data.sha256 === digest && data.size === request.bytes.length);
    this.#isNewData = known === undefined;
    this.#data =
      known ??
      new RawData(
        { name: `${ns.revision}`, size: request.bytes.length, stored, abi: set.abi, sha256: digest },
        request.compression,
      );
    this.#entries = set.entries.map(({ profile, sha256: hash }) => {
      const old = findProfile(ns, profile.hname);
      const { hname, mode, rules } = profile;
      // A replacement takes over the very name of what it replaces.
      const created = new Profile({ hname: old?.hname ?? hname, ns, mode, rules, sha256: hash });
      created.rawData = this.#data;
      return { profile: created, rename: rules.rename, old: undefined, renamed: undefined, parent: undefined };
    });
  }

  /** Everything that can fail. */
  prepare(): Failure | undefined {
    for (const entry of this.#entries) {
      const failure = this.#place(entry);
      if (failure === undefined) continue;
      // Profiles of a refused set are never freed, and hold on to a blob that was there before.
      if (!this.#isNewData) this.#data.pinned = true;
      return failure;
    }
    return this.#makeRawData() ?? this.#makeDirectories();
  }

  #place(entry: Entry): Failure | undefined {
    const refuse = (found: Profile | undefined): Errno | undefined => {
      if (found === undefined) return undefined;
      if (found.immutable) return E.EPERM;
      return this.#request.replace ? undefined : E.EEXIST;
    };
    entry.old = findProfile(this.#ns, entry.profile.hname);
    if (entry.rename !== undefined) entry.renamed = findProfile(this.#ns, entry.rename);
    const error = refuse(entry.old) ?? refuse(entry.renamed);
    if (error !== undefined) return { error, info: 'profile can not be replaced', entry };
    if (entry.old === undefined && entry.renamed === undefined) entry.parent = this.#parentOf(entry);
    return undefined;
  }

  #parentOf({ profile }: Entry): Entry['parent'] {
    const names = components(profile.hname).slice(0, -1);
    if (names.length === 0) return undefined;
    let at: Profile | undefined;
    let profiles: readonly Profile[] = this.#ns.profiles;
    for (const name of names) {
      at = findChild(profiles, name);
      if (at === undefined) break;
      profiles = at.children;
    }
    if (at !== undefined) return at;
    const wanted = parentName(profile.hname);
    const inSet = this.#entries.find((other) => other.profile !== profile && other.profile.hname === wanted);
    return inSet?.profile ?? 'orphan';
  }

  #makeRawData(): Failure | undefined {
    if (!this.#isNewData) return undefined;
    if (this.#ns.rawData.some((data) => data.name === this.#data.name)) {
      return { error: E.EEXIST, info: 'failed to create raw_data dir and files' };
    }
    this.#ns.rawData.unshift(this.#data);
    this.#request.onChange(this.#ns, 'rawData');
    return undefined;
  }

  /** A profile can be shown below its parent only if that has a directory by then: it is in a table, or earlier in the set. */
  #makeDirectories(): Failure | undefined {
    for (const [index, entry] of this.#entries.entries()) {
      if (entry.old !== undefined) continue;
      const { parent } = entry;
      const above = parent === 'orphan' ? undefined : parent?.directory;
      if (parent !== undefined && above === undefined) {
        this.#leave(this.#entries.slice(0, index));
        return { error: E.ENOENT, info: 'failed to create', entry };
      }
      if (above !== undefined) above.hasChildren = true;
      entry.profile.directory = new ProfileDirectory(`${mangle(entry.profile.name)}.${this.#ns.takeId()}`);
    }
    return undefined;
  }

  #leave(entries: readonly Entry[]): void {
    this.#data.pinned = true;
    for (const { profile, old, parent } of entries) {
      if (old !== undefined || parent === 'orphan') continue;
      profile.parent = parent;
      (parent ?? this.#ns).leftovers.unshift(profile);
    }
    this.#request.onChange(this.#ns, 'profiles');
  }

  commit(): void {
    bumpRevision(this.#ns, this.#request.onChange);
    this.#data.revision = this.#ns.revision;
    for (const entry of this.#entries) {
      if (entry.old?.rawData === this.#data) {
        this.#audit(operationOf(entry, true), { info: 'same as current profile, skipping', name: entry.profile.hname });
        continue;
      }
      this.#audit(operationOf(entry, true), { name: entry.profile.hname });
      if (entry.old !== undefined) replaceProfile(entry.old.newest(), entry.profile);
      else this.#add(entry);
    }
    updateLabels(this.#ns);
    releaseRawData(this.#ns, this.#request.onChange);
    this.#request.onChange(this.#ns, 'profiles');
  }

  #add({ profile, parent }: Entry): void {
    if (parent === undefined || parent === 'orphan') {
      this.#ns.profiles.unshift(profile);
      return;
    }
    profile.parent = parent.newest();
    // The kernel never lets go of what was looked up as the parent of a new profile.
    for (const { rawData } of [parent, profile.parent]) if (rawData !== undefined) rawData.pinned = true;
    profile.parent.children.unshift(profile);
  }

  report({ error, info, entry }: Failure): void {
    const culprit = entry === undefined ? undefined : this.#entries.indexOf(entry);
    const operation = entry !== undefined && entry.old === undefined ? 'profile_load' : 'profile_replace';
    this.#audit(operation, { info, error, ...(entry === undefined ? {} : { name: entry.profile.hname }) });
    // What an earlier step found is forgotten where the kernel had not come to it.
    reportRest(this.#entries.length, culprit, (index, rest) => {
      const other = this.#entries[index];
      if (other !== undefined) this.#audit(operationOf(other, false), { info: rest, error, name: other.profile.hname });
    });
  }

  #audit(operation: Operation, fields: Partial<PolicyAudit>): void {
    const ns = this.#nsName === undefined ? {} : { ns: this.#nsName };
    this.#request.audit({ kind: 'policy', operation, ...fields, ...ns });
  }
}

function operationOf({ old, renamed }: Entry, countRename: boolean): Operation {
  return old === undefined && !(countRename && renamed !== undefined) ? 'profile_load' : 'profile_replace';
}

/** Puts `profile` where `old` is. Children that the set does not bring stay, in reverse order. */
function replaceProfile(old: Profile, profile: Profile): void {
  for (const child of old.children.splice(0)) {
    const brought = findChild(profile.children, child.name);
    if (brought !== undefined) {
      replaceProfile(child, brought);
      continue;
    }
    child.parent = profile;
    profile.children.unshift(child);
  }
  profile.parent ??= old.parent;
  profile.directory = old.directory;
  profile.leftovers.push(...old.leftovers.splice(0));
  const list = old.parent?.children ?? old.ns.profiles;
  const at = list.indexOf(old);
  const listed = (profile.parent?.children ?? profile.ns.profiles).includes(profile);
  if (at >= 0) list.splice(at, 1, ...(listed ? [] : [profile]));
  old.replaceBy(profile);
}

/** The readable part of a directory's name. Letters are those of latin-1, as isalnum() of the kernel has them. */
function mangle(name: string): string {
  return name
    .replace(/^[/.]+/, '')
    .replaceAll('/', '.')
    .replace(/[ \t\n\v\f\r\xa0]/g, '_')
    .replace(/[^A-Za-z0-9\xc0-\xd6\xd8-\xf6\xf8-\xff._-]/g, '');
}
