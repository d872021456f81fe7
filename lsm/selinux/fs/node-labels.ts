/**
 * Labels of selinuxfs nodes: what they are, how they are read as extended attributes, and the access they decide.
 *
 * Until the first load there are none. Then each node has the label that genfs rules give its path (`null` and booleans have one of their
 * own) at the moment it is first labelled, and keeps that SID over later loads. Labels can be read and listed; nothing can be set
 * (the filesystem has no label support), and removal is refused by SELinux itself. To those of another namespace a node has the label that
 * their own policy gives it.
 */

import { bytesOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed } from '../../../linux/errno.ts';
import { MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import { type Caller, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { XattrOperations } from '../../../vfs/tree/node.ts';
import { nameField, placeFields } from '../../framework/audit/lsm-audit.ts';
import { genfsContext, kernelClass, SID } from '../decide/index.ts';
import type { LoadedPolicy } from '../decide/load.ts';
import type { SelinuxState } from '../decide/state.ts';
import { hasMacAdmin } from '../namespaces/mac-admin.ts';
import { type SelinuxNamespace, XATTR_SELINUX } from '../namespaces/namespace.ts';
import { checkEach, type TaskSecurity } from '../namespaces/task-security.ts';
import type { Sid } from '../policy/index.ts';

export type ObjectClass = 'file' | 'dir' | 'chr_file';

/** The node's SID in a namespace; asked only after the first load there. */
export type NodeLabel = (loaded: LoadedPolicy, state: SelinuxState) => Sid;

/** The labels' view of a selinuxfs instance. */
export interface LabelHost {
  readonly namespace: SelinuxNamespace;
  readonly securityOf: (caller: Caller) => TaskSecurity;
}

/** Set-up code and transports, which act as the kernel itself: not a task, hence not checked. */
export function isKernel({ tid }: Caller): boolean {
  return tid === KERNEL_CALLER.tid;
}

/** The SID that genfs rules give a path of selinuxfs, `undefined` when there is no rule. */
export function genfsSid(loaded: LoadedPolicy, path: string, objectClass: ObjectClass): Sid | undefined {
  const policyClass = loaded.map.policyClass(kernelClass(objectClass));
  const context = genfsContext(loaded.state.db, 'selinuxfs', path, policyClass);
  return context === undefined ? undefined : loaded.sids.intern(context);
}

/** A node labelled by its path once, when it is first asked for after a load. */
export function genfsLabel(path: string, objectClass: ObjectClass): NodeLabel {
  let sids: WeakMap<SelinuxState, Sid> | undefined;
  return (loaded, state) => {
    sids ??= new WeakMap();
    let sid = sids.get(state);
    if (sid === undefined) {
      sid = genfsSid(loaded, path, objectClass) ?? SID.unlabeled;
      sids.set(state, sid);
    }
    return sid;
  };
}

export function labelXattrs({ securityOf }: LabelHost, label: NodeLabel): XattrOperations {
  const policyOf = (caller: Caller) => securityOf(caller).namespace.state.loaded;
  return {
    get(name, caller) {
      const security = securityOf(caller);
      const { state } = security.namespace;
      if (state.loaded === undefined || name !== XATTR_SELINUX) return E.EOPNOTSUPP;
      const text = state.sidToContext(label(state.loaded, state), hasMacAdmin(security, caller, false));
      return failed(text) ? text : bytesOf(`${text}\0`);
    },
    set: () => E.EOPNOTSUPP,
    list: (caller) => (policyOf(caller) === undefined ? [] : [XATTR_SELINUX]),
    remove: (name, caller) => (policyOf(caller) !== undefined && name === XATTR_SELINUX ? E.EACCES : E.EOPNOTSUPP),
  };
}

/** Mask bit, permission of files, of directories. */
const PERMISSIONS: readonly (readonly [number, string, string])[] = [
  [MAY_READ, 'read', 'read'],
  [MAY_WRITE, 'write', 'write'],
  [MAY_EXEC, 'execute', 'search'],
];

/** Access to a node as an object of class file or dir (selinux_inode_permission). */
export function labelPermission(
  { securityOf }: LabelHost,
  label: NodeLabel,
  node: { readonly name: string; readonly ino: number; readonly objectClass: ObjectClass },
): (mask: number, caller: Caller) => Errno | undefined {
  return (mask, caller) => {
    const permissions = PERMISSIONS.filter(([bit]) => (mask & bit) !== 0).map(([, file, directory]) =>
      node.objectClass === 'dir' ? directory : file,
    );
    if (permissions.length === 0 || isKernel(caller)) return undefined;
    const details = `${nameField(node.name)}${placeFields({ filesystem: { id: 'selinuxfs' }, ino: node.ino })}`;
    return checkEach(securityOf(caller), ({ namespace: { state }, current }) => {
      const tsid = state.loaded === undefined ? SID.unlabeled : label(state.loaded, state);
      return state.check(caller, current, tsid, node.objectClass, permissions, details);
    });
  };
}
