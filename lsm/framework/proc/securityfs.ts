/**
 * The root of securityfs: the `lsm` node and what the modules contribute.
 *
 * Source: security/inode.c of Linux 6.12. Only the kernel makes entries: mkdir is EPERM, a new file EACCES, unlink and rename EPERM, which
 * are the defaults of nodes without these operations. `integrity` is made by the integrity core, also where it stays empty.
 */

import { SECURITYFS_MAGIC } from '../../../linux/magic.ts';
import { type InodeNumbers, StaticDirectory, TextFile } from '../../../vfs/pseudo/index.ts';
import type { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { FilesystemType } from '../filesystem-type.ts';

export interface SecurityfsOptions {
  /** Names of the running modules in registration order. */
  readonly active: readonly string[];
  /** Entries of the modules, in registration order. */
  readonly entries: readonly DirectoryEntry[];
  /** Those of its directory `integrity`. */
  readonly integrity: readonly DirectoryEntry[];
  /** Name of the first labelling module, for a node of the stacking patches; absent = no node. */
  readonly defaultModule?: string | undefined;
  readonly numbers: InodeNumbers;
  readonly changes: Changes;
  /** Creation time, nanoseconds since the epoch. */
  readonly time: bigint;
}

export function createSecurityfs(options: SecurityfsOptions): Filesystem {
  const { active, entries, integrity, defaultModule, numbers, changes, time } = options;
  const list = (name: string, text: string): DirectoryEntry => ({
    name,
    node: new TextFile({ ino: numbers.next(), mode: 0o444, time }, () => text),
  });
  const lsm = list('lsm', active.join(','));
  const first = defaultModule === undefined ? [] : [list('lsm_display_default', defaultModule)];
  const shared = new StaticDirectory({
    ino: numbers.next(),
    mode: 0o755,
    time,
    changes,
    entries: integrity.toReversed(),
  });
  const root = new StaticDirectory({
    ino: numbers.next(),
    mode: 0o755,
    time,
    changes,
    // A ramfs-like directory lists what was made last first.
    entries: [...entries.toReversed(), { name: 'integrity', node: shared }, ...first, lsm],
  });
  return { type: 'securityfs', magic: SECURITYFS_MAGIC, root, changes };
}

/** @param own what user namespaces mount; absent = they may not. */
export function securityfsType(initial: Filesystem, own: FilesystemType | undefined): FilesystemType {
  return {
    ...own,
    inUserNamespaces: own !== undefined,
    mount: (caller) => (caller.userNamespace === undefined || own === undefined ? initial : own.mount(caller)),
  };
}
