/**
 * The kernel's own checks of extended attributes, before the filesystem is asked (fs/xattr.c: name and size limits,
 * xattr_permission()). The security.* namespace is left to the tree: modules have their own rules there.
 */

import { CAP } from '../../linux/capability.ts';
import { E, type Errno } from '../../linux/errno.ts';
import { MAY_READ, MAY_WRITE, XATTR_CREATE, XATTR_NAME_MAX, XATTR_REPLACE, XATTR_SIZE_MAX } from '../../linux/fs.ts';
import { type Caller, capable } from './caller.ts';
import type { Node } from './node.ts';
import { checkAccess } from './permission.ts';

export function xattrReadRefused(node: Node, name: string, caller: Caller): Errno | undefined {
  return nameRefused(name) ?? namespaceRefused(node, name, MAY_READ, caller);
}

export function xattrWriteRefused(node: Node, name: string, caller: Caller): Errno | undefined {
  return nameRefused(name) ?? namespaceRefused(node, name, MAY_WRITE, caller);
}

export function xattrValueRefused(value: Uint8Array, flags: number): Errno | undefined {
  if ((flags & ~(XATTR_CREATE | XATTR_REPLACE)) !== 0) return E.EINVAL;
  return value.length > XATTR_SIZE_MAX ? E.E2BIG : undefined;
}

function nameRefused(name: string): Errno | undefined {
  return name.length === 0 || name.length > XATTR_NAME_MAX ? E.ERANGE : undefined;
}

/** user.* exists on files and directories only and follows their mode bits; trusted.* is for administrators. */
function namespaceRefused(node: Node, name: string, mask: number, caller: Caller): Errno | undefined {
  const refusal = mask === MAY_READ ? E.ENODATA : E.EPERM;
  if (name.startsWith('trusted.')) return capable(caller, CAP.SYS_ADMIN) ? undefined : refusal;
  if (!name.startsWith('user.')) return undefined;
  if (node.kind !== 'file' && node.kind !== 'directory') return refusal;
  return checkAccess(node, mask, caller);
}
