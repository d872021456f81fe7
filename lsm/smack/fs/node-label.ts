/**
 * The labels of the nodes themselves: `*` until somebody sets another one, which the kernel keeps with the inode in memory.
 */

import { bytesOf } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E } from '../../../linux/errno.ts';
import type { InodeInit } from '../../../vfs/pseudo/index.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import type { XattrOperations } from '../../../vfs/tree/node.ts';
import { MAY } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { XATTR } from '../hooks/xattrs.ts';
import { parseLabel, SPECIAL } from '../policy/label.ts';

export function nodeLabel(security: SmackSecurity): Pick<InodeInit, 'xattrs' | 'permission'> {
  let label: string = SPECIAL.star;
  // As long as nobody set another label, namespaces see all nodes, whether they have a name for `*` or not.
  const isOpen = (caller: Caller): boolean =>
    caller.tid === 0 || (label === SPECIAL.star && security.namespaceOfCaller(caller) !== undefined);
  const check = (mask: number, caller: Caller) =>
    isOpen(caller) ? undefined : security.check(security.taskOf(caller), label, mask, caller);
  const xattrs: XattrOperations = {
    get: (name, caller) =>
      name === XATTR.label ? (check(MAY.READ, caller) ?? bytesOf(security.shown(label, caller))) : E.EOPNOTSUPP,
    set: (name, value, _flags, caller) => {
      if (!name.startsWith('security.')) return E.EOPNOTSUPP;
      if (name !== XATTR.label) return capable(caller, CAP.SYS_ADMIN) ? E.EOPNOTSUPP : E.EPERM;
      const wanted = parseLabel(value);
      const refused =
        security.refuseUnprivileged(caller) ?? (wanted === undefined ? E.EINVAL : check(MAY.WRITE, caller));
      if (refused !== undefined || wanted === undefined) return refused;
      label = security.labels.import(wanted).name;
      return undefined;
    },
    list: () => [XATTR.label],
    remove: () => E.EOPNOTSUPP,
  };
  return { xattrs, permission: check };
}
