/** Looks up a path below a directory node. */
import { E, failed, type Result } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Directory, Node } from '../../../vfs/tree/node.ts';

export function descend(start: Directory, path: readonly string[], looker: Caller): Result<Node> {
  let node: Node = start;
  for (const name of path) {
    if (node.kind !== 'directory') return E.ENOTDIR;
    const next = node.lookup(name, looker);
    if (failed(next)) return next;
    node = next;
  }
  return node;
}
