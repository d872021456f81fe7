/**
 * Labels of selinuxfs nodes: what they are, how they are read as extended attributes, and the access they decide.
 *
 * Until the first load there are none. Then each node has the label that genfs rules give its path (`null` and booleans have one of their
 * own) at the moment it is first labelled, and keeps that SID over later loads. Labels can be read and listed; nothing can be set
 * (the filesystem has no label support), and removal is refused by SELinux itself.
 */
import { bytesOf } from '../../vfs/bytes.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/caller.ts';
import { E, type Errno, failed } from '../../vfs/errno.ts';
import { MAY_EXEC, MAY_READ, MAY_WRITE } from '../../vfs/flags.ts';
import type { XattrOperations } from '../../vfs/node.ts';
import { untrusted } from './audit.ts';
import { genfsContext, kernelClass } from './decide/index.ts';
import type { LoadedPolicy } from './load.ts';
import { SID } from './sidtab.ts';
import type { SelinuxState } from './state.ts';

export const XATTR_SELINUX = 'security.selinux';

export type ObjectClass = 'file' | 'dir' | 'chr_file';

/** The node's SID; asked only after the first load. */
export type Label = (loaded: LoadedPolicy) => number;

/** Who asks: the labels' view of a selinuxfs instance. */
export interface LabelHost {
  readonly state: SelinuxState;
  readonly sidOf: (caller: Caller) => number;
}

/** Set-up code and transports, which act as the kernel itself: not a task, hence not checked. */
export function isKernel({ tid }: Caller): boolean {
  return tid === KERNEL_CALLER.tid;
}

/** The SID that genfs rules give a path of selinuxfs, `undefined` when there is no rule. */
export function genfsSid(loaded: LoadedPolicy, path: string, objectClass: ObjectClass): number | undefined {
  const policyClass = loaded.map.policyClass(kernelClass(objectClass));
  const context = genfsContext(loaded.state.db, 'selinuxfs', path, policyClass);
  return context === undefined ? undefined : loaded.sids.intern(context);
}

/** A node labelled by its path once, when it is first asked for after a load. */
export function genfsLabel(path: string, objectClass: ObjectClass): Label {
  let sid: number | undefined;
  return (loaded) => {
    sid ??= genfsSid(loaded, path, objectClass) ?? SID.unlabeled;
    return sid;
  };
}

export function labelXattrs({ state, sidOf }: LabelHost, label: Label): XattrOperations {
  return {
    get(name, caller) {
      if (state.loaded === undefined || name !== XATTR_SELINUX) return E.EOPNOTSUPP;
      const text = state.sidToContext(label(state.loaded), state.hasMacAdmin(caller, sidOf(caller), false));
      return failed(text) ? text : bytesOf(`${text}\0`);
    },
    set: () => E.EOPNOTSUPP,
    list: () => (state.loaded === undefined ? [] : [XATTR_SELINUX]),
    remove: (name) => (state.loaded !== undefined && name === XATTR_SELINUX ? E.EACCES : E.EOPNOTSUPP),
  };
}

/** Access to a node as an object of class file or dir (selinux_inode_permission). */
export function labelPermission(
  { state, sidOf }: LabelHost,
  label: Label,
  node: { readonly name: string; readonly ino: number; readonly objectClass: ObjectClass },
): (mask: number, caller: Caller) => Errno | undefined {
  const details = ` name=${untrusted(node.name)} dev="selinuxfs" ino=${node.ino}`;
  const names: readonly (readonly [number, string])[] = [
    [MAY_READ, 'read'],
    [MAY_WRITE, 'write'],
    [MAY_EXEC, node.objectClass === 'dir' ? 'search' : 'execute'],
  ];
  return (mask, caller) => {
    const permissions = names.filter(([bit]) => (mask & bit) !== 0).map(([, name]) => name);
    if (permissions.length === 0 || isKernel(caller)) return undefined;
    const tsid = state.loaded === undefined ? SID.unlabeled : label(state.loaded);
    return state.check(caller, sidOf(caller), tsid, node.objectClass, permissions, details);
  };
}
