/**
 * Labels of selinuxfs nodes as extended attributes.
 *
 * Until the first load there are none. Then each node has the label that genfs rules give its path (`null` has an initial SID of its own) at
 * the moment it is first labelled, and keeps that SID over later loads. Labels can be read and listed; nothing can be set (the
 * filesystem has no label support), and removal is refused by SELinux itself.
 */
import { bytesOf } from '../../vfs/bytes.ts';
import type { Caller } from '../../vfs/caller.ts';
import { E, failed } from '../../vfs/errno.ts';
import type { XattrOperations } from '../../vfs/node.ts';
import { genfsContext, kernelClass } from './decide/index.ts';
import type { LoadedPolicy } from './load.ts';
import { SID } from './sidtab.ts';
import type { SelinuxState } from './state.ts';

export const XATTR_SELINUX = 'security.selinux';

export type ObjectClass = 'file' | 'dir' | 'chr_file';

/** The SID that genfs rules give a path of selinuxfs, `undefined` when there is no rule. */
export function genfsSid(loaded: LoadedPolicy, path: string, objectClass: ObjectClass): number | undefined {
  const policyClass = loaded.map.policyClass(kernelClass(objectClass));
  const context = genfsContext(loaded.state.db, 'selinuxfs', path, policyClass);
  return context === undefined ? undefined : loaded.sids.intern(context);
}

/** @param sidOf the node's SID; asked only after the first load. */
export function labelXattrs(
  state: SelinuxState,
  sidOf: (loaded: LoadedPolicy) => number,
  callerSid: (caller: Caller) => number,
): XattrOperations {
  return {
    get(name, caller) {
      if (state.loaded === undefined || name !== XATTR_SELINUX) return E.EOPNOTSUPP;
      const text = state.sidToContext(sidOf(state.loaded), state.hasMacAdmin(caller, callerSid(caller), false));
      return failed(text) ? text : bytesOf(`${text}\0`);
    },
    set: () => E.EOPNOTSUPP,
    list: () => (state.loaded === undefined ? [] : [XATTR_SELINUX]),
    remove: (name) => (state.loaded !== undefined && name === XATTR_SELINUX ? E.EACCES : E.EOPNOTSUPP),
  };
}

/** A node labelled by its path once, when it is first asked for after a load. */
export function genfsLabel(path: string, objectClass: ObjectClass): (loaded: LoadedPolicy) => number {
  let sid: number | undefined;
  return (loaded) => {
    sid ??= genfsSid(loaded, path, objectClass) ?? SID.unlabeled;
    return sid;
  };
}
