/**
 * mount(2) of the filesystem types that the stack provides, in the caller's mount namespace.
 *
 * Model: do_new_mount() of fs/namespace.c. The daemon makes a detached mount of the instance that the caller is to see;
 * it is attached here. What a kernel without the type would refuse in the same way is left to the host. The way through
 * fsopen(2) is in fsopen.ts.
 */
import { NR } from '../../../host/libc.ts';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_EMPTY_PATH, AT_FDCWD } from '../../../linux/fcntl.ts';
import { FSMOUNT_VALID_FLAGS, MOUNT_ATTR_SIZE_VER0 } from '../../../linux/mount.ts';
import { attachInNamespaceOf } from '../caller/mount-namespace.ts';
import { ownsMountNamespace } from '../caller/mount-owner.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { takeLabels } from './mount-labels.ts';
import { isNewMount, isRemount, mountAttributes } from './mount-options.ts';
import { always } from './supervised-call.ts';
import { mountSysfs } from './sysfs.ts';

const { EPERM, EIO, EFAULT, EBUSY, ENOTDIR, EINVAL } = ERRNO;
const TYPE_NAME_LIMIT = 64;
/** struct mount_attr: u64 attr_set, attr_clr, propagation, userns_fd. */

/** mount(source, target, type, flags, data) */
const mount: Handler = (context) => {
  const { call, memory, view } = context;
  const flags = call.low(3);
  const fresh = isNewMount(flags);
  if (!fresh && !isRemount(flags)) return;
  const type = fresh ? ourType(context, 2) : undefined;
  if (type === undefined) {
    takeLabels(context);
    if (fresh && !call.answered) mountSysfs(context, flags);
    return;
  }
  const path = memory.readString(call.tid, call.low(1), call.high(1));
  if (typeof path === 'number') return;
  if (!call.isNull(0) && typeof memory.readString(call.tid, call.low(0), call.high(0)) === 'number') return;
  const target = view.resolveForCaller(call.tid, AT_FDCWD, path, 0);
  if (target < 0) return;
  let errno: number | 'host';
  try {
    errno = mountRefusal(context, type) ?? mountOn(context, target, type, flags);
  } finally {
    view.close(target); // before the answer: the descriptor keeps the mount busy, and the caller may unmount it next
  }
  if (errno === 0) call.succeed(0);
  else if (errno !== 'host') call.fail(errno);
};

export function ourType({ call, memory, types }: WorkerContext, argument: number): string | undefined {
  if (call.isNull(argument)) return undefined;
  const type = memory.readString(call.tid, call.low(argument), call.high(argument), TYPE_NAME_LIMIT);
  return typeof type === 'string' && types.has(type) ? type : undefined;
}

/**
 * May the caller mount a filesystem of this type? The administrator of our user namespace, which stands for the initial
 * one, may; that of another one where the type allows it, and the mount namespace is his (may_mount(), mount_capable()).
 * Who may not mount at all is refused by the host itself.
 */
export function mountRefusal(
  { call, view, namespacedTypes }: WorkerContext,
  type?: string,
): 'host' | number | undefined {
  const status = view.status(call.tid);
  if (status === undefined || !hasCapability(status.effectiveCapabilities, CAP.SYS_ADMIN)) return 'host';
  const theirs = view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/ns/user`);
  if (theirs === view.readlinkAt(AT_FDCWD, '/proc/self/ns/user')) return undefined;
  if (type === undefined || !namespacedTypes.has(type)) return EPERM;
  return ownsMountNamespace(view, call.tid) ? undefined : 'host';
}

function mountOn(context: WorkerContext, target: number, type: string, flags: number): number {
  const { call, memory, view } = context;
  if (!call.isNull(4)) {
    const data = memory.readString(call.tid, call.low(4), call.high(4));
    if (typeof data === 'number') return EFAULT;
    // None of these filesystems has options of its own.
    if (!context.labelOptions.areAll(data)) return EINVAL;
  }
  const tree = instanceMount(context, type);
  if (tree < 0) return -tree;
  try {
    const here = view.identity(target);
    const ours = view.identity(tree);
    // The kernel refuses the same superblock twice on one mount point.
    if (here?.mountRoot && here.major === ours?.major && here.minor === ours.minor) return EBUSY;
    if (here?.directory !== true) return ENOTDIR;
    const set = setMountAttributes(tree, mountAttributes(flags));
    return set < 0 ? -set : -attachInNamespaceOf(view, call.tid, tree, target);
  } finally {
    view.close(tree);
  }
}

/** A new detached mount of the instance of `type` that this caller sees; the taker closes it. Or a negative errno. */
export function instanceMount({ ask, call, daemon }: WorkerContext, type: string): number {
  const answer = ask({ kind: 'mount', tid: call.tid, type });
  if (answer === undefined) return -EIO;
  return answer.value !== undefined ? daemon.take(answer.value) : -answer.errno;
}

export function setMountAttributes(tree: number, attributes: number): number {
  const memory = allocateNative(MOUNT_ATTR_SIZE_VER0 + 8);
  memory.view.setUint32(0, attributes, true);
  memory.view.setUint32(8, FSMOUNT_VALID_FLAGS, true);
  return rawSyscall(
    NR.mount_setattr,
    tree,
    memory.address + MOUNT_ATTR_SIZE_VER0,
    AT_EMPTY_PATH,
    memory.address,
    MOUNT_ATTR_SIZE_VER0,
  );
}

export const calls = always('mount', { mount });
