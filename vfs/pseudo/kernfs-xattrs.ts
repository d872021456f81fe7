/**
 * Extended attributes of a node of sysfs, in memory (fs/kernfs/inode.c): `security.*` and `trusted.*`. Those of users are kept in control
 * groups alone.
 */
import { CAP } from '../../linux/capability.ts';
import { E, type Errno } from '../../linux/errno.ts';
import { XATTR_CREATE, XATTR_REPLACE } from '../../linux/fs.ts';
import { type Caller, capable } from '../tree/caller.ts';
import type { XattrOperations } from '../tree/node.ts';

const USER = 'user.';
const SECURITY = 'security.';
const TRUSTED = 'trusted.';

export function kernfsXattrs(): XattrOperations {
  const values = new Map<string, Uint8Array>();
  return {
    get: (name) => (isKnown(name) || name.startsWith(USER) ? (values.get(name) ?? E.ENODATA) : E.EOPNOTSUPP),
    set(name, value, flags, caller) {
      const refused = changeRefused(name, caller);
      if (refused !== undefined) return refused;
      if (values.has(name) && (flags & XATTR_CREATE) !== 0) return E.EEXIST;
      if (!values.has(name) && (flags & XATTR_REPLACE) !== 0) return E.ENODATA;
      values.set(name, value);
      return undefined;
    },
    list: (caller) =>
      [...values.keys()].sort().filter((name) => !name.startsWith(TRUSTED) || capable(caller, CAP.SYS_ADMIN)),
    remove: (name, caller) => changeRefused(name, caller) ?? (values.delete(name) ? undefined : E.ENODATA),
  };
}

function isKnown(name: string): boolean {
  return name.startsWith(SECURITY) || name.startsWith(TRUSTED);
}

/** cap_inode_setxattr(): the namespace of security modules is the administrator's. */
function changeRefused(name: string, caller: Caller): Errno | undefined {
  if (!isKnown(name)) return E.EOPNOTSUPP;
  return capable(caller, CAP.SYS_ADMIN) ? undefined : E.EPERM;
}
