/** From the paths that libfuse's high-level interface uses to nodes, with one fixed caller. */
import { textOf } from '../../linux/bytes.ts';
import { failed, type Result } from '../../linux/errno.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Node } from '../../vfs/tree/node.ts';
import { lookup } from '../../vfs/tree/operations.ts';

/** fuse-native hands out UTF-8 text; names in the vfs are byte strings. */
export function byteString(text: string): string {
  return textOf(Buffer.from(text));
}

export function resolve(root: Node, path: string, caller: Caller): Result<Node> {
  let node = root;
  for (const name of path.split('/')) {
    if (name === '') continue;
    const next = lookup(node, byteString(name), caller);
    if (failed(next)) return next;
    node = next;
  }
  return node;
}

/** The directory of a path and the name in it. */
export function resolveParent(root: Node, path: string, caller: Caller): Result<{ parent: Node; name: string }> {
  const slash = path.lastIndexOf('/');
  const parent = resolve(root, path.slice(0, slash), caller);
  return failed(parent) ? parent : { parent, name: byteString(path.slice(slash + 1)) };
}
