/**
 * May this caller read, write, execute or search this node?
 *
 * generic_permission() of fs/namei.c: mode bits of the first matching class (owner, group, others), then the two DAC capabilities, then
 * the node's own check. POSIX ACLs are not modelled.
 */

import { CAP } from '../../linux/capability.ts';
import { E, type Errno } from '../../linux/errno.ts';
import { MAY_EXEC, MAY_READ, MAY_WRITE } from '../../linux/fs.ts';
import { S_IFDIR, S_IFMT } from '../../linux/stat.ts';
import { type Caller, capableOver } from './caller.ts';
import type { Attributes, Node } from './node.ts';

/** Do mode bits and capabilities allow all of `mask`? */
export function modeAllows(node: Attributes, mask: number, caller: Caller): boolean {
  if ((classBits(node, caller) & mask) === mask) return true;
  const directory = (node.mode & S_IFMT) === S_IFDIR;
  const onlyReads = (mask & MAY_WRITE) === 0 && (directory || mask === MAY_READ);
  if (onlyReads && capableOver(caller, CAP.DAC_READ_SEARCH, node)) return true;
  // Root passes all checks, except for executing a file without any x bit.
  const executable = directory || (mask & MAY_EXEC) === 0 || (node.mode & 0o111) !== 0;
  return executable && capableOver(caller, CAP.DAC_OVERRIDE, node);
}

function classBits(node: Attributes, caller: Caller): number {
  if (caller.uid === node.uid) return (node.mode >> 6) & 7;
  if (caller.gid === node.gid || caller.groups.includes(node.gid)) return (node.mode >> 3) & 7;
  return node.mode & 7;
}

/** inode_permission(): mode bits first, then the node's own check. */
export function checkAccess(node: Node, mask: number, caller: Caller): Errno | undefined {
  if (!modeAllows(node.attributes(caller), mask, caller)) return E.EACCES;
  return node.permission?.(mask, caller);
}
