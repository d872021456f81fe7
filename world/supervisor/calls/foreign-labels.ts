/**
 * Attributes `security.*` that no module of the world has: cap_inode_setxattr(), cap_inode_removexattr() of security/commoncap.c, Linux
 * 6.12. The host's kernel asks the same, but may let the owner of a file set the label of a module that the world does not have.
 */
import { CAP, hasCapability } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { XATTR_SIZE_MAX } from '../../../linux/fs.ts';
import { isReadOnly } from '../access/calls.ts';
import { worldMountOfDevice } from '../caller/world-mount.ts';
import type { WorkerContext } from '../context.ts';
import { openTarget, type Target } from './xattr-file.ts';

const NAME_SIZE = 256;
/** struct xattr_args: u64 value; u32 size, flags. */
const XATTR_ARGS_SIZE = 16;
/** XATTR_CREATE, XATTR_REPLACE */
const XATTR_FLAGS = 3;
/** cap_convert_nscap() decides about it. */
const CAPABILITY_ATTRIBUTE = 'security.capability';

/** @param argument number of that with the name. */
export function refuseForeign(context: WorkerContext, target: Target, argument: number, sets: boolean): void {
  const { call, files, memory, view } = context;
  const status = view.status(call.tid);
  const holds = status === undefined || hasCapability(status.effectiveCapabilities, CAP.SYS_ADMIN);
  if (holds && view.isInOurUserNamespace(call.tid)) return;
  const name = memory.readString(call.tid, call.low(argument), call.high(argument), NAME_SIZE);
  if (typeof name !== 'string' || !name.startsWith('security.') || name === CAPABILITY_ATTRIBUTE) return;
  if (files.isDecided(name) || (sets && !isSettable(context, argument))) return;
  const { fd } = openTarget(context, target);
  if (fd < 0) return;
  const refused = !files.isOurs(fd) && !isReadOnly(context, fd) && !(holds && mayBeItsOwn(context, fd));
  view.close(fd);
  if (refused) call.fail(ERRNO.EPERM);
}

/** May the filesystem be that of the caller's user namespace (s_user_ns), which is not ours? Those that are mounted for us are not. */
function mayBeItsOwn({ view }: WorkerContext, fd: number): boolean {
  return worldMountOfDevice(view.mountInfo('thread-self'), view.deviceOf(fd) ?? '') === undefined;
}

/** Are the arguments such that the kernel comes to look for the file (setxattr_copy())? @param argument number of that with the name. */
function isSettable({ call, memory }: WorkerContext, argument: number): boolean {
  const isValue = (low: number, high: number, size: number, flags: number): boolean =>
    (flags & ~XATTR_FLAGS) === 0 && size <= XATTR_SIZE_MAX && (size === 0 || memory.read(call.tid, low, high, 1) === 1);
  if (argument === 1) return call.high(3) === 0 && isValue(call.low(2), call.high(2), call.low(3), call.low(4));
  if (memory.read(call.tid, call.low(4), call.high(4), XATTR_ARGS_SIZE) < XATTR_ARGS_SIZE) return false;
  const given = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, XATTR_ARGS_SIZE);
  const [low = 0, high = 0, size = 0, flags = 0] = [0, 4, 8, 12].map((at) => given.getUint32(at, true));
  return isValue(low, high, size, flags);
}
