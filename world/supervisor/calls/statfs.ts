/**
 * statfs(2): on our superblocks it must not say FUSE.
 *
 * libselinux and go-selinux decide by f_type alone whether there is SELinux. The other fields are those that simple_statfs() of the kernel
 * gives for such filesystems, with the flags of the mount. The host's id of a FUSE filesystem is 0.
 */
import type { MountStatus } from '../../../host/mounts/mount-query.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { NAME_MAX, PAGE_SIZE } from '../../../linux/fs.ts';
import { FUSE_SUPER_MAGIC } from '../../../linux/magic.ts';
import { STATFS, STRUCT_STATFS_SIZE } from '../../../linux/statfs.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

const { EFAULT } = ERRNO;

const statfs: Handler = (context) => {
  const { call, memory, view } = context;
  const path = memory.readString(call.tid, call.low(0), call.high(0));
  if (typeof path === 'number') return;
  answer(context, view.resolveForCaller(call.tid, AT_FDCWD, path, 0));
};

const fstatfs: Handler = (context) => {
  const { call, view } = context;
  answer(context, view.openDescriptor(call.tid, call.fd(0)));
};

/** @param fd closed here. */
function answer(context: WorkerContext, fd: number): void {
  if (fd < 0) return;
  const { call, memory, view } = context;
  const identity = view.identity(fd);
  const magic = identity === undefined ? 0 : context.devices.magic(identity.major, identity.minor);
  const status = magic === 0 ? undefined : statusOf(context, fd, identity?.mount);
  view.close(fd);
  if (status?.magic !== FUSE_SUPER_MAGIC) return; // not served by the daemon, or the device number was just reused
  const statfs = view.resultView;
  view.result.fill(0, 0, STRUCT_STATFS_SIZE);
  statfs.setBigUint64(STATFS.TYPE, BigInt(magic), true);
  statfs.setBigUint64(STATFS.BSIZE, BigInt(PAGE_SIZE), true);
  statfs.setBigUint64(STATFS.NAMELEN, BigInt(NAME_MAX), true);
  statfs.setBigUint64(STATFS.FRSIZE, BigInt(PAGE_SIZE), true);
  statfs.setBigUint64(STATFS.FLAGS, BigInt(status.flags), true);
  if (memory.write(call.tid, call.low(1), call.high(1), view.result.subarray(0, STRUCT_STATFS_SIZE))) call.succeed(0);
  else call.fail(EFAULT);
}

/** For kernels without statmount(2), and for detached mounts: the filesystem's own flags. */
function statusOf({ call, mounts, view }: WorkerContext, fd: number, mount: bigint | undefined): MountStatus {
  const known = mount === undefined ? undefined : mounts.status(mount, call.tid);
  return known ?? view.filesystem(fd);
}

export const calls = always('statfs', { statfs, fstatfs });
