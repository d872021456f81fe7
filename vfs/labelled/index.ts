/**
 * A tree of ordinary files that carry security labels, over any backend in the shape of node:fs.
 */

import { E, failed, type Result } from '../../linux/errno.ts';
import { TMPFS_MAGIC } from '../../linux/magic.ts';
import { Changes } from '../tree/changes.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import type { Node } from '../tree/node.ts';
import type { Origin } from '../tree/origin.ts';
import { LabelledInode } from './inode.ts';
import { LabelledDirectory, makeNode } from './nodes.ts';
import type { LabelledObject } from './security.ts';
import { type LabelledTreeOptions, Tree } from './tree.ts';

export type { Backend, BackendStats } from './backend.ts';
export { isConvertedFor } from './file-capabilities.ts';
export type { LabelledFacts, LabelledMove, LabelledName, LabelledObject, NewLabel, TreeSecurity } from './security.ts';
export { xattrChangeRefused } from './security.ts';
export { type LabelStore, MemoryLabelStore, type Ownership, type StoredFile } from './store.ts';
export type { LabelledTreeOptions as LabelledOptions } from './tree.ts';

/** ENOTDIR when the root is no directory, or the backend's error. */
export function labelledFilesystem(
  options: LabelledTreeOptions,
  type = 'tmpfs',
  magic = TMPFS_MAGIC,
): Result<Filesystem> {
  const tree = new Tree(options);
  const origin: Origin = { parent: undefined, name: '' };
  const stats = tree.stat(origin);
  if (failed(stats)) return stats;
  const root = tree.keep(stats, origin, (ino, kept) => makeNode(tree, ino, kept, stats));
  return root instanceof LabelledDirectory ? { type, magic, root, changes: new Changes() } : E.ENOTDIR;
}

/** Is it a node of such a tree? */
export function isLabelled<N extends Node>(node: N): node is N & LabelledObject {
  return node instanceof LabelledInode;
}
