/**
 * policy/profiles/<name>.<id>/: one profile.
 *
 * Directories follow the profile through replacements: every file resolves to what has taken its place. Source: __aafs_profile_mkdir() of
 * security/apparmor/apparmorfs.c; entries newest first, as its readdir shows them.
 */

import { E } from '../../../linux/errno.ts';
import { type InodeInit, TextFile } from '../../../vfs/pseudo/index.ts';
import type { Directory } from '../../../vfs/tree/node.ts';
import type { Profile, ProfileDirectory } from '../policy/index.ts';
import type { ApparmorfsContext } from './context.ts';
import { ComputedLink } from './link.ts';
import { type LiveContent, LiveDirectory, type LiveEntry, lazyEntry } from './live-directory.ts';

/** Links to the stored policy: name of the link, name of the file. Newest first. */
const RAW_LINKS = [
  ['raw_data', 'raw_data'],
  ['raw_abi', 'abi'],
  ['raw_sha256', 'sha256'],
] as const;

/** The profiles of a table, and those that a failed load left a directory of: the kernel forgets to take it away. */
export function shownProfiles(table: {
  readonly profiles: readonly Profile[];
  readonly leftovers: readonly Profile[];
}): readonly Profile[] {
  return table.leftovers.length === 0 ? table.profiles : [...table.leftovers, ...table.profiles];
}

export class ProfileDirectories {
  readonly #context: ApparmorfsContext;
  readonly #nodes = new WeakMap<ProfileDirectory, Directory>();

  constructor(context: ApparmorfsContext) {
    this.#context = context;
  }

  /** The directories of a list of profiles; those that are not shown have none. */
  content(profiles: () => readonly Profile[], depth = 1): LiveContent {
    const shown = () =>
      profiles().flatMap((profile) => (profile.directory ? [{ profile, of: profile.directory }] : []));
    return {
      list: () =>
        shown().map(({ profile, of }) => ({
          name: of.name,
          directory: true,
          node: () => this.#of(of, profile, depth),
        })),
      find: (name) => {
        const profile = profiles().find((candidate) => candidate.directory?.name === name);
        return profile?.directory && this.#of(profile.directory, profile, depth);
      },
      directories: () => shown().length,
    };
  }

  #of(directory: ProfileDirectory, profile: Profile, depth: number): Directory {
    let node = this.#nodes.get(directory);
    if (node === undefined) {
      node = this.#make(directory, profile, depth);
      this.#nodes.set(directory, node);
    }
    return node;
  }

  #make(directory: ProfileDirectory, profile: Profile, depth: number): Directory {
    const removed = (): boolean => profile.removed || profile.ns.dead;
    const init = (mode: number): InodeInit => this.#context.init(mode, removed);
    const text = (name: string, value: (now: Profile) => string): LiveEntry =>
      lazyEntry(name, () => new TextFile(init(0o444), () => value(profile.newest())));
    const up = '../../'.repeat(depth);
    const links = RAW_LINKS.map(([name, file]) =>
      lazyEntry(
        name,
        () =>
          new ComputedLink(init(0o444), () => {
            const { rawData } = profile.newest();
            return rawData === undefined ? E.ENOENT : `${up}raw_data/${rawData.name}/${file}`;
          }),
      ),
    );
    const children = lazyEntry(
      'profiles',
      () =>
        new LiveDirectory(
          init(0o755),
          this.content(() => {
            const now = profile.newest();
            return shownProfiles({ profiles: now.children, leftovers: now.leftovers });
          }, depth + 1),
        ),
      true,
    );
    const sha256 = text('sha256', (now) => (now.sha256 === undefined ? '' : `${now.sha256}\n`));
    const files = [
      text('attach', (now) => `${now.attachText}\n`),
      text('mode', (now) => `${now.mode}\n`),
      text('name', (now) => `${now.name}\n`),
    ];
    const list = (): LiveEntry[] => {
      const now = profile.newest();
      return [
        ...(directory.hasChildren ? [children] : []),
        ...(now.rawData === undefined ? [] : links),
        ...(now.sha256 === undefined ? [] : [sha256]),
        ...files,
      ];
    };
    return new LiveDirectory(init(0o755), { list });
  }
}
