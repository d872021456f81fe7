/**
 * What setting the flags of a file asks, as chattr(1) does: vfs_fileattr_set() and fileattr_set_prepare() of fs/ioctl.c, Linux
 * 6.12: who owns it, and a capability where it becomes immutable or append-only, or ceases to be that.
 */
import { NR } from '../../../host/libc.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { CAP } from '../../../linux/capability.ts';
import { AT_EMPTY_PATH, AT_STATX_DONT_SYNC } from '../../../linux/fcntl.ts';
import { STATX_ATTR_APPEND, STATX_ATTR_IMMUTABLE, STATX_TYPE, STX } from '../../../linux/stat.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { WorkerContext } from '../context.ts';
import { capabilityCheck, isReadOnly, ownerOrCapable } from './calls.ts';

/** The flags that only the capability changes. */
export const GUARDED_FLAGS = STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND;

/** Those of them that a file has; `undefined` = its filesystem has no such flags, or it cannot be looked at. */
export function guardedFlags(view: CallerView, fd: number): number | undefined {
  const flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (rawSyscall(NR.statx, fd, view.path(''), flags, STATX_TYPE, view.resultAddress) < 0) return undefined;
  const has = (at: number): number => view.resultView.getUint32(at, true) & GUARDED_FLAGS;
  return has(STX.ATTRIBUTES_MASK) === GUARDED_FLAGS ? has(STX.ATTRIBUTES) : undefined;
}

/**
 * @param fd a descriptor of ours of the file. @param wanted which of {@link GUARDED_FLAGS} it is to have.
 * @returns the checks; `undefined` = the kernel refuses by itself.
 */
export function flagChecks(
  context: WorkerContext,
  file: FileFacts,
  fd: number,
  wanted: number,
): readonly AccessCheck[] | undefined {
  const present = guardedFlags(context.view, fd);
  // Devices, FIFOs and sockets have none (init_special_inode()).
  const hasFlags = present !== undefined && (file.inode.class === 'file' || file.inode.class === 'dir');
  if (!hasFlags || isReadOnly(context, fd)) return undefined; // ENOTTY, EROFS
  const owner = ownerOrCapable(context, file);
  if (owner === undefined) return undefined;
  return present === wanted ? owner : [...owner, ...capabilityCheck(context, CAP.LINUX_IMMUTABLE)];
}
