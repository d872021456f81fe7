/**
 * The new mount API on the filesystem types that the stack provides: fsopen(2), fsconfig(2), fsmount(2), move_mount(2).
 *
 * Model: fs/fsopen.c and vfs_parse_fs_param() of fs/fs_context.c, with the messages of the kernel. None of our types has parameters of its
 * own. Contexts and mounts of other types are left to the host, apart from their label options (mount-labels.ts).
 */

import { ERRNO } from '../../../linux/errno.ts';
import { O_DIRECTORY, O_NOFOLLOW } from '../../../linux/fcntl.ts';
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_CMD_CREATE_EXCL,
  FSCONFIG_CMD_RECONFIGURE,
  FSCONFIG_SET_BINARY,
  FSCONFIG_SET_FD,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_PATH,
  FSCONFIG_SET_PATH_EMPTY,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSMOUNT_VALID_FLAGS,
  FSOPEN_CLOEXEC,
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_RELATIME,
  MOUNT_ATTR_STRICTATIME,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_AUTOMOUNTS,
  MOVE_MOUNT_T_EMPTY_PATH,
  MOVE_MOUNT_T_SYMLINKS,
} from '../../../linux/mount.ts';
import { attachInNamespaceOf } from '../caller/mount-namespace.ts';
import type { Handler, WorkerContext } from '../context.ts';
import type { EmulatedFsContext } from '../pending/emulated-fs-contexts.ts';
import { instanceMount, mountRefusal, ourType, setMountAttributes } from './mount.ts';
import * as host from './mount-labels.ts';
import { always } from './supervised-call.ts';
import { moveSysfs } from './sysfs.ts';

const { EPERM, EIO, EFAULT, EBUSY, EINVAL, ENAMETOOLONG, EOPNOTSUPP } = ERRNO;

const KEY_LIMIT = 256;
const ATIME_VALUES: ReadonlySet<number> = new Set([MOUNT_ATTR_RELATIME, MOUNT_ATTR_NOATIME, MOUNT_ATTR_STRICTATIME]);
/** Flags of path lookup. */
const LOOKUP_FLAGS =
  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS | MOVE_MOUNT_T_AUTOMOUNTS | MOVE_MOUNT_T_EMPTY_PATH;
/** Flags of a superblock (common_set_sb_flag, common_clear_sb_flag), and what SELinux takes from every filesystem. */
const FLAGS: ReadonlySet<string> = new Set(
  'dirsync lazytime mand ro sync async nolazytime nomand rw seclabel'.split(' '),
);

/** fsopen(type*, flags) */
const fsopen: Handler = (context) => {
  const { call, emulatedFsContexts } = context;
  const type = ourType(context, 0);
  if (type === undefined) host.expectContext(context);
  else if (mountRefusal(context, type) === 'host') call.fail(EPERM);
  else if ((call.low(1) & ~FSOPEN_CLOEXEC) !== 0) call.fail(EINVAL);
  else {
    const fd = emulatedFsContexts.open(type);
    handOut(context, fd, (call.low(1) & FSOPEN_CLOEXEC) !== 0);
  }
};

/** fsconfig(fd, cmd, key*, value*, aux) */
const fsconfig: Handler = (context) => {
  const { call, emulatedFsContexts } = context;
  const own = emulatedFsContexts.of(call.tid, call.fd(0));
  if (own === undefined) {
    host.fsconfig(context);
    return;
  }
  const errno = configure(context, own);
  if (errno === 0) call.succeed(0);
  else call.fail(errno);
};

function configure(context: WorkerContext, own: EmulatedFsContext): number {
  const { call } = context;
  const command = call.low(1);
  const [key, value, aux] = [!call.isNull(2), !call.isNull(3), call.int(4)];
  switch (command) {
    case FSCONFIG_CMD_CREATE:
    case FSCONFIG_CMD_CREATE_EXCL:
      if (key || value || aux !== 0) return EINVAL;
      if (own.phase !== 'new') return EBUSY;
      if (mountRefusal(context, own.type) !== undefined) return EPERM;
      if (command === FSCONFIG_CMD_CREATE_EXCL) return EBUSY; // the superblock exists
      own.phase = 'created';
      return 0;
    case FSCONFIG_CMD_RECONFIGURE:
      if (key || value || aux !== 0) return EINVAL;
      return own.phase === 'mounted' ? 0 : EBUSY;
    case FSCONFIG_SET_FLAG:
    case FSCONFIG_SET_FD:
      return !key || value || (command === FSCONFIG_SET_FLAG ? aux !== 0 : aux < 0) ? EINVAL : parameter(context, own);
    case FSCONFIG_SET_STRING:
      return !key || !value || aux !== 0 ? EINVAL : parameter(context, own);
    case FSCONFIG_SET_BINARY:
    case FSCONFIG_SET_PATH:
    case FSCONFIG_SET_PATH_EMPTY:
      return !key || !value ? EINVAL : parameter(context, own);
    default:
      return EOPNOTSUPP;
  }
}

function parameter({ call, labelOptions, memory, emulatedFsContexts }: WorkerContext, own: EmulatedFsContext): number {
  const key = memory.readString(call.tid, call.low(2), call.high(2), KEY_LIMIT);
  if (typeof key === 'number') return key === -ENAMETOOLONG ? EINVAL : EFAULT;
  const command = call.low(1);
  if (command === FSCONFIG_SET_STRING) {
    const value = memory.readString(call.tid, call.low(3), call.high(3), KEY_LIMIT);
    if (typeof value === 'number') return value === -ENAMETOOLONG ? EINVAL : EFAULT;
  }
  if (own.phase === 'created') return EBUSY;
  if (command === FSCONFIG_SET_FLAG || command === FSCONFIG_SET_STRING) {
    if (FLAGS.has(key)) return 0;
    // As a kernel without a policy; with one, such a filesystem has a label already.
    if (command === FSCONFIG_SET_STRING && labelOptions.hasValue(key)) return EINVAL;
  }
  const isSource = key === 'source';
  if (isSource && command === FSCONFIG_SET_STRING && !own.hasSource) {
    own.hasSource = true;
    return 0;
  }
  const sourceProblem = own.hasSource ? 'Multiple sources' : 'Non-string source';
  const message = isSource ? sourceProblem : `${own.type}: Unknown parameter '${key}'`;
  emulatedFsContexts.report(call.tid, call.fd(0), `e ${message}`);
  return EINVAL;
}

/** fsmount(fd, flags, attributes) */
const fsmount: Handler = (context) => {
  const { call, emulatedFsContexts } = context;
  const own = emulatedFsContexts.of(call.tid, call.fd(0));
  if (own === undefined) {
    host.fsmount(context);
    return;
  }
  const flags = call.low(1);
  const attributes = call.low(2);
  const wrong = (flags & ~FSMOUNT_CLOEXEC) !== 0 || (attributes & ~FSMOUNT_VALID_FLAGS) !== 0;
  if (mountRefusal(context, own.type) !== undefined) call.fail(EPERM);
  else if (wrong || !ATIME_VALUES.has(attributes & MOUNT_ATTR__ATIME) || own.phase === 'new') call.fail(EINVAL);
  else if (own.phase === 'mounted') call.fail(EBUSY);
  else mountDetached(context, own, attributes, (flags & FSMOUNT_CLOEXEC) !== 0);
};

function mountDetached(context: WorkerContext, own: EmulatedFsContext, attributes: number, closeOnExec: boolean): void {
  const { call, view, emulatedFsContexts } = context;
  const tree = instanceMount(context, own.type);
  if (tree < 0) {
    call.fail(-tree);
    return;
  }
  const set = setMountAttributes(tree, attributes);
  const status = view.status(call.tid);
  if (set < 0 || status === undefined) {
    view.close(tree);
    call.fail(set < 0 ? -set : EIO);
    return;
  }
  own.phase = 'mounted';
  own.hasSource = false;
  emulatedFsContexts.hold(tree, own.type, status.tgid);
  handOut(context, view.openAt(tree, '.', O_DIRECTORY), closeOnExec);
}

/** move_mount(from_dfd, from_path*, to_dfd, to_path*, flags) of a mount from above. */
const moveMount: Handler = (context) => {
  const { call, memory, view, emulatedFsContexts } = context;
  const flags = call.low(4);
  const from = memory.readString(call.tid, call.low(1), call.high(1));
  if ((flags & MOVE_MOUNT_F_EMPTY_PATH) === 0 || from !== '') return;
  const source = view.openDescriptor(call.tid, call.fd(0));
  const held = source < 0 ? undefined : emulatedFsContexts.held(source);
  if (source >= 0) view.close(source); // before the answer: the descriptor would keep the mount busy
  if (held === undefined) {
    if ((flags & ~LOOKUP_FLAGS) === 0) moveSysfs(context, moveTarget);
    return;
  }
  const target = mountRefusal(context, held.type) === undefined ? moveTarget(context) : -1;
  if (target < 0) return;
  const attached = attachInNamespaceOf(view, call.tid, held.fd, target);
  view.close(target);
  if (attached < 0) {
    call.fail(-attached);
    return;
  }
  emulatedFsContexts.release(held.fd);
  call.succeed(0);
};

/** Where arguments 2 and 3 lead, or a negative number. */
function moveTarget({ call, memory, view }: WorkerContext): number {
  const flags = call.low(4);
  const path = memory.readString(call.tid, call.low(3), call.high(3));
  if (typeof path !== 'string') return path;
  return path === '' && (flags & MOVE_MOUNT_T_EMPTY_PATH) !== 0
    ? view.openDescriptor(call.tid, call.fd(2))
    : view.resolveForCaller(call.tid, call.fd(2), path, (flags & MOVE_MOUNT_T_SYMLINKS) === 0 ? O_NOFOLLOW : 0);
}

/** @param fd closed here, or a negative errno. */
function handOut({ call, view }: WorkerContext, fd: number, closeOnExec: boolean): void {
  if (fd < 0) {
    call.fail(-fd);
    return;
  }
  const handed = call.handOut(fd, closeOnExec);
  view.close(fd);
  if (handed < 0) call.fail(-handed);
}

export const calls = always('mount', { fsopen, fsconfig, fsmount, fspick: host.fspick, move_mount: moveMount });
