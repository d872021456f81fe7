/**
 * What extended attributes ask the modules that none of them decides about: vfs_setxattr() and its relatives of
 * fs/xattr.c, Linux 6.12. Those of security modules are in xattr.ts.
 */

import { CAP } from '../../../linux/capability.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../../../linux/fcntl.ts';
import { MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { capabilityCheck, isReadOnly, onDescriptor, onPath, onWay, type PathArguments } from '../access/calls.ts';
import { onStart, startItself } from '../access/empty-paths.ts';
import { permissionChecks } from '../access/inode-permission.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

const NAME_SIZE = 256;
/** struct xattr_args: u64 value; u32 size, flags. */
const XATTR_ARGS_SIZE = 16;
const CAPABILITY_ATTRIBUTE = 'security.capability';
const ACL_NAMES: ReadonlySet<string> = new Set(['system.posix_acl_access', 'system.posix_acl_default']);

type Use = 'get' | 'set' | 'remove' | 'list';
type Checks = (file: FileFacts, fd: number) => AccessCheck[];

/** The modules are asked about the way alone. */
const NOTHING: Checks = () => [];

/**
 * Attributes of security modules are decided about elsewhere; what is asked here is what xattr_permission() lets pass.
 * @param argument number of that with the name.
 */
function checks(context: WorkerContext, use: Use, argument: number): Checks {
  const { call, files, memory } = context;
  if (use === 'list') {
    // simple_xattr_list() of tmpfs shows trusted attributes to those who have the capability.
    const mayShow: AccessCheck = {
      hook: 'capable',
      about: { capability: CAP.SYS_ADMIN, silent: true },
      refusal: 'ignored',
    };
    return (file) => [
      { hook: 'inodeListxattr', about: { file } },
      ...(file.inode.filesystem.type === 'tmpfs' && capabilityCheck(context, CAP.SYS_ADMIN).length > 0
        ? [mayShow]
        : []),
    ];
  }
  const name = memory.readString(call.tid, call.low(argument), call.high(argument), NAME_SIZE);
  if (typeof name !== 'string') return NOTHING;
  if (name.startsWith('user.')) return ofUser(context, use);
  if (ACL_NAMES.has(name)) return ofAcl(context, use);
  const trusted = name.startsWith('trusted.');
  if (!trusted && (!name.startsWith('security.') || files.isDecided(name))) return NOTHING;
  return (file, fd) => {
    const own = itself(use, file);
    if (use !== 'get' && isReadOnly(context, fd)) return [];
    if (!trusted && use === 'get') return [own];
    const needed = capabilityCheck(
      context,
      name === CAPABILITY_ATTRIBUTE ? CAP.SETFCAP : CAP.SYS_ADMIN,
      use === 'get' ? 'ENODATA' : 'EPERM',
    );
    // Who lacks it may not, whatever modules say: foreign-labels.ts, or the host.
    return needed.length > 0 ? [...needed, own] : [];
  };
}

/** vfs_get_acl(), vfs_set_acl() and vfs_remove_acl() of fs/posix_acl.c: who owns the file is asked for after the modules. */
function ofAcl(context: WorkerContext, use: Exclude<Use, 'list'>): Checks {
  return (file, fd) => {
    if (use !== 'get' && isReadOnly(context, fd)) return [];
    const own = itself(use, file);
    return [{ ...own, about: { ...own.about, acl: true } } as AccessCheck];
  };
}

function itself(use: Exclude<Use, 'list'>, file: FileFacts): AccessCheck {
  if (use === 'get') return { hook: 'inodeGetxattr', about: { file } };
  return { hook: 'xattrChange', about: { file, removes: use === 'remove' } };
}

function ofUser(context: WorkerContext, use: Exclude<Use, 'list'>): Checks {
  const { call, view } = context;
  const mask = use === 'get' ? MAY_READ : MAY_WRITE;
  return (file, fd) => {
    const { class: objectClass } = file.inode;
    if (objectClass !== 'file' && objectClass !== 'dir') return []; // EPERM, ENODATA
    if (view.permits(call.tid, fd, mask) < 0 || (use !== 'get' && isReadOnly(context, fd))) return [];
    return [...permissionChecks(context, file, fd, mask), itself(use, file)];
  };
}

function onPathOrWay(context: WorkerContext, argument: PathArguments, asks: Checks, use: Use): void {
  if (asks === NOTHING) onWay(context, argument);
  else if (use === 'list') onPath(context, argument, asks, 'listxattr', asks);
  else onPath(context, argument, asks);
}

const byPath =
  (use: Use, follow: boolean): Handler =>
  (context) =>
    onPathOrWay(context, { dirfd: AT_FDCWD, path: 0, follow }, checks(context, use, 1), use);
const byDescriptor =
  (use: Use): Handler =>
  (context) => {
    const asks = checks(context, use, 1);
    if (asks !== NOTHING) onDescriptor(context, context.call.fd(0), asks);
  };

/** (directory, path, flags, ...) */
const below =
  (use: Use): Handler =>
  (context) => {
    const { call } = context;
    const flags = call.low(2);
    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) !== 0) return; // EINVAL
    const takesArguments = use === 'get' || use === 'set';
    if (takesArguments && call.low(5) !== XATTR_ARGS_SIZE) return; // EINVAL, or more than is known of
    const start = startItself(context, 1, flags, true);
    const follow = (flags & AT_SYMLINK_NOFOLLOW) === 0;
    const asks = checks(context, use, 3);
    if (start === undefined) onPathOrWay(context, { dirfd: call.fd(0), path: 1, follow }, asks, use);
    else if (asks !== NOTHING) onStart(context, start, asks);
  };

const getxattr = byPath('get', true);
const lgetxattr = byPath('get', false);
const fgetxattr = byDescriptor('get');
const setxattr = byPath('set', true);
const lsetxattr = byPath('set', false);
const fsetxattr = byDescriptor('set');
const removexattr = byPath('remove', true);
const lremovexattr = byPath('remove', false);
const fremovexattr = byDescriptor('remove');
const listxattr = byPath('list', true);
const llistxattr = byPath('list', false);
const flistxattr = byDescriptor('list');
const getxattrat = below('get');
const setxattrat = below('set');
const removexattrat = below('remove');
const listxattrat = below('list');

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
  getxattrat,
  setxattrat,
  removexattrat,
  listxattrat,
});
