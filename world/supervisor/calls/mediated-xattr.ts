/**
 * What extended attributes ask the modules that none of them decides about: vfs_setxattr() and its relatives of
 * fs/xattr.c, Linux 6.12. Those of security modules are in xattr.ts.
 */

import { CAP } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { capable, isReadOnly, onDescriptor, onPath } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

const NAME_SIZE = 256;

type Use = 'get' | 'change' | 'list';
type Checks = (file: FileFacts, fd: number) => AccessCheck[];

/** Attributes of security modules are decided about elsewhere; what is asked here is what xattr_permission() lets pass. */
function checks(context: WorkerContext, use: Use): Checks {
  const { call, memory } = context;
  if (use === 'list') return (file) => [{ hook: 'inodeListxattr', about: { file } }];
  const name = memory.readString(call.tid, call.low(1), call.high(1), NAME_SIZE);
  if (typeof name !== 'string') return () => [];
  if (name.startsWith('user.')) return ofUser(context, use);
  if (!name.startsWith('trusted.')) return () => [];
  return (_file, fd) => {
    if (use === 'get') return capable(context, CAP.SYS_ADMIN, 'ENODATA');
    return isReadOnly(context, fd) ? [] : capable(context, CAP.SYS_ADMIN);
  };
}

function ofUser(context: WorkerContext, use: 'get' | 'change'): Checks {
  const { call, view } = context;
  const mask = use === 'get' ? MAY_READ : MAY_WRITE;
  return (file, fd) => {
    const { class: objectClass } = file.inode;
    if (objectClass !== 'file' && objectClass !== 'dir') return []; // EPERM, ENODATA
    if (view.permits(call.tid, fd, mask) < 0 || (use === 'change' && isReadOnly(context, fd))) return [];
    const hook = use === 'get' ? 'inodeGetxattr' : 'xattrChange';
    return [
      { hook: 'inodePermission', about: { file, mask } },
      { hook, about: { file } },
    ];
  };
}

const byPath =
  (use: Use, follow: boolean): Handler =>
  (context) =>
    onPath(context, { dirfd: AT_FDCWD, path: 0, follow }, checks(context, use));
const byDescriptor =
  (use: Use): Handler =>
  (context) =>
    onDescriptor(context, context.call.fd(0), checks(context, use));

const getxattr = byPath('get', true);
const lgetxattr = byPath('get', false);
const fgetxattr = byDescriptor('get');
const setxattr = byPath('change', true);
const lsetxattr = byPath('change', false);
const fsetxattr = byDescriptor('change');
const removexattr = byPath('change', true);
const lremovexattr = byPath('change', false);
const fremovexattr = byDescriptor('change');
const listxattr = byPath('list', true);
const llistxattr = byPath('list', false);
const flistxattr = byDescriptor('list');

export const calls = always('mediate-files', {
  getxattr,
  lgetxattr,
  fgetxattr,
  setxattr,
  lsetxattr,
  fsetxattr,
  removexattr,
  lremovexattr,
  fremovexattr,
  listxattr,
  llistxattr,
  flistxattr,
});
