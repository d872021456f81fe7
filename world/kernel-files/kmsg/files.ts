/**
 * The files of the kernel log: /dev/kmsg and /proc/kmsg.
 */

import { TMPFS_MAGIC } from '../../../linux/magic.ts';
import { InodeNumbers, StaticDirectory } from '../../../vfs/pseudo/index.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { FileNode } from '../../../vfs/tree/node.ts';
import { KmsgFile } from './device.ts';
import { ProcKmsgFile } from './proc-kmsg.ts';
import type { Syslog } from './syslog.ts';

export type LogFileKind = 'kmsg' | 'proc-kmsg';

export function logFiles(syslog: Syslog): ReadonlyMap<string, FileNode> {
  const numbers = new InodeNumbers();
  return new Map<LogFileKind, FileNode>([
    ['kmsg', new KmsgFile({ ino: numbers.next(), mode: 0o644 }, syslog)],
    ['proc-kmsg', new ProcKmsgFile({ ino: numbers.next(), mode: 0o400 }, syslog)],
  ]);
}

/** A directory with `kmsg` in it, for worlds where opens of the device cannot be answered. */
export function kmsgTree(syslog: Syslog): Filesystem {
  const numbers = new InodeNumbers();
  const kmsg = new KmsgFile({ ino: numbers.next(), mode: 0o644 }, syslog);
  const root = new StaticDirectory({ ino: numbers.next(), mode: 0o755, entries: [{ name: 'kmsg', node: kmsg }] });
  return { type: 'devtmpfs', magic: TMPFS_MAGIC, root, changes: new Changes() };
}
