/**
 * `security.capability` between user namespaces: whose root a program has its capabilities for is a number in the value, which
 * each namespace sees as it knows it (revision 3), or does not see where it is its own (revision 2).
 *
 * Model: cap_inode_getsecurity() and cap_convert_nscap() of security/commoncap.c. The tree is the initial namespace's. Of
 * namespaces around the caller's only the initial one is known by its root: a value for one between is EOVERFLOW, where a kernel
 * shows it in revision 2.
 */
import { CAP, VFS_CAP } from '../../linux/capability.ts';
import { E, failed, type Result } from '../../linux/errno.ts';
import {
  type Caller,
  capable,
  capableOver,
  idInside,
  idOutside,
  isMappedId,
  type UserNamespace,
} from '../tree/caller.ts';

/** As a caller reads it. EINVAL for what is no such value, EOVERFLOW for one of a namespace that his does not know. */
export function readCapabilities(stored: Uint8Array, { userNamespace }: Caller): Result<Uint8Array> {
  const root = rootOf(stored);
  if (failed(root)) return root;
  const seen = userNamespace === undefined ? root : seenAs(userNamespace, root);
  if (seen !== undefined && seen !== 0) return withRoot(stored, seen);
  return seen === 0 || root === 0 ? withoutRoot(stored) : E.EOVERFLOW;
}

/** What is stored when a caller sets the value on a file of this owner. EINVAL, or EPERM without CAP_SETFCAP over the file. */
export function convertCapabilities(
  value: Uint8Array,
  caller: Caller,
  owner: { readonly uid: number; readonly gid: number },
): Result<Uint8Array> {
  // vfs_setxattr() asks about no empty value, which is none when it is read.
  if (value.length === 0) return value;
  const named = rootOf(value);
  if (failed(named)) return named;
  if (!capableOver(caller, CAP.SETFCAP, owner)) return E.EPERM;
  if (value.length === VFS_CAP.SIZE_2 && capable(caller, CAP.SETFCAP)) return value;
  const { userNamespace } = caller;
  const root = userNamespace === undefined ? named : idOutside(userNamespace.uids, named, userNamespace.rootUid);
  return root === undefined ? E.EINVAL : withRoot(value, root);
}

/** May a caller have had a kernel convert this? Then it is about a root that his namespace has. */
export function isConvertedFor(value: Uint8Array, { userNamespace }: Caller): boolean {
  const root = rootOf(value);
  if (failed(root)) return false;
  return userNamespace === undefined || (value.length === VFS_CAP.SIZE_3 && seenAs(userNamespace, root) !== undefined);
}

/** In the initial namespace; revision 2 is its own. */
function rootOf(value: Uint8Array): Result<number> {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const revision = value.length < 4 ? 0 : (view.getUint32(0, true) & ~VFS_CAP.EFFECTIVE) >>> 0;
  if (value.length === VFS_CAP.SIZE_2 && revision === VFS_CAP.REVISION_2) return 0;
  if (value.length === VFS_CAP.SIZE_3 && revision === VFS_CAP.REVISION_3) return view.getUint32(VFS_CAP.ROOTID, true);
  return E.EINVAL;
}

function seenAs({ uids, rootUid }: UserNamespace, root: number): number | undefined {
  if (uids === undefined) return root === rootUid ? 0 : undefined;
  return isMappedId(uids, root) ? idInside(uids, root) : undefined;
}

function withRoot(value: Uint8Array, root: number): Uint8Array {
  const made = new Uint8Array(VFS_CAP.SIZE_3);
  made.set(value.subarray(0, VFS_CAP.ROOTID));
  const view = new DataView(made.buffer);
  view.setUint32(0, VFS_CAP.REVISION_3 | ((value[0] ?? 0) & VFS_CAP.EFFECTIVE), true);
  view.setUint32(VFS_CAP.ROOTID, root, true);
  return made;
}

function withoutRoot(value: Uint8Array): Uint8Array {
  const made = Uint8Array.from(value.subarray(0, VFS_CAP.SIZE_2));
  new DataView(made.buffer).setUint32(0, VFS_CAP.REVISION_2 | ((value[0] ?? 0) & VFS_CAP.EFFECTIVE), true);
  return made;
}
