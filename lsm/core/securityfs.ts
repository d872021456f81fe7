/**
 * The root of securityfs: the `lsm` node and what the modules contribute.
 *
 * Source: security/inode.c of Linux 6.12. Only the kernel makes entries: mkdir is EPERM, a new file EACCES, unlink and rename EPERM, which
 * are the defaults of nodes without these operations. `integrity` is made by the integrity core, also where it stays empty.
 */
import { type InodeNumbers, StaticDirectory, TextFile } from '../../vfs/builders/index.ts';
import type { Changes } from '../../vfs/changes.ts';
import { type Filesystem, SECURITYFS_MAGIC } from '../../vfs/filesystem.ts';
import type { DirectoryEntry } from '../../vfs/node.ts';

export interface SecurityfsOptions {
  /** Names of the running modules in registration order. */
  readonly active: readonly string[];
  /** What the modules add, in registration order. */
  readonly entries: readonly DirectoryEntry[];
  readonly numbers: InodeNumbers;
  readonly changes: Changes;
  /** Creation time, nanoseconds since the epoch. */
  readonly time: bigint;
}

export function createSecurityfs({ active, entries, numbers, changes, time }: SecurityfsOptions): Filesystem {
  const lsm = new TextFile({ ino: numbers.next(), mode: 0o444, time }, () => active.join(','));
  const integrity = entries.some(({ name }) => name === 'integrity')
    ? []
    : [{ name: 'integrity', node: new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, changes }) }];
  const root = new StaticDirectory({
    ino: numbers.next(),
    mode: 0o755,
    time,
    changes,
    // A ramfs-like directory lists what was made last first.
    entries: [...entries.toReversed(), ...integrity, { name: 'lsm', node: lsm }],
  });
  return { type: 'securityfs', magic: SECURITYFS_MAGIC, root, changes };
}
