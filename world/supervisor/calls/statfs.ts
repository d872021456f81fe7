/**
 * statfs(2): on our superblocks it must not say FUSE.
 *
 * libselinux and go-selinux decide by f_type alone whether there is SELinux. The other fields are those that simple_statfs() of the kernel
 * gives for such filesystems, with the flags of the mount. The host's id of a FUSE filesystem is 0.
 *
 * A mount of ours that makes room in sysfs (stand-ins/sysfs-covers.ts, launcher/mount-points.ts, launcher/sys-directory.ts) is
 * answered with what the sysfs below says.
 */
import type { MountStatus } from '../../../host/mounts/mount-query.ts';
import { parseMountInfo } from '../../../host/procfs/mount-info.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_DIRECTORY, O_PATH } from '../../../linux/fcntl.ts';
import { NAME_MAX, PAGE_SIZE } from '../../../linux/fs.ts';
import { FUSE_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, SYSFS_MAGIC, TMPFS_MAGIC } from '../../../linux/magic.ts';
import { ST_NODEV, ST_NOEXEC, ST_NOSUID, ST_RDONLY, STATFS, STRUCT_STATFS_SIZE } from '../../../linux/statfs.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

const { EFAULT } = ERRNO;
/** How a cover is mounted. */
const COVER_FLAGS = ST_RDONLY | ST_NOSUID | ST_NODEV | ST_NOEXEC;

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
  const known = fill(context, fd);
  view.close(fd);
  if (!known) return;
  if (memory.write(call.tid, call.low(1), call.high(1), view.result.subarray(0, STRUCT_STATFS_SIZE))) call.succeed(0);
  else call.fail(EFAULT);
}

/** @returns whether the answer is in `view.result`; if not, the host's is right. */
function fill(context: WorkerContext, fd: number): boolean {
  const { devices, view } = context;
  const identity = view.identity(fd);
  if (identity?.major !== 0) return false;
  const magic = devices.magic(0, identity.minor);
  const status = statusOf(context, fd, identity.mount);
  if (magic === 0) return isLikeCover(status) && fillFromBelow(context, fd);
  if (status.magic !== FUSE_SUPER_MAGIC) return false; // the device number was just reused
  const statfs = view.resultView;
  view.result.fill(0, 0, STRUCT_STATFS_SIZE);
  statfs.setBigUint64(STATFS.TYPE, BigInt(magic), true);
  statfs.setBigUint64(STATFS.BSIZE, BigInt(PAGE_SIZE), true);
  statfs.setBigUint64(STATFS.NAMELEN, BigInt(NAME_MAX), true);
  statfs.setBigUint64(STATFS.FRSIZE, BigInt(PAGE_SIZE), true);
  statfs.setBigUint64(STATFS.FLAGS, BigInt(status.flags), true);
  return true;
}

function isLikeCover({ magic, flags }: MountStatus): boolean {
  return (magic === TMPFS_MAGIC || magic === OVERLAYFS_SUPER_MAGIC) && (flags & COVER_FLAGS) === COVER_FLAGS;
}

/** For a cover: what the sysfs says on which it is mounted. */
function fillFromBelow({ call, sysfsCovers, view }: WorkerContext, fd: number): boolean {
  const mounts = parseMountInfo(view.mountInfo(call.tid));
  const covers = new Set(mounts.filter(({ source }) => source === sysfsCovers.source).map(({ id }) => id));
  let [below, mount] = [fd, view.mountId(fd)];
  if (!covers.has(mount)) return false;
  while (below >= 0 && covers.has(mount)) {
    const around = view.openAt(below, '..', O_PATH | O_DIRECTORY);
    if (below !== fd) view.close(below);
    [below, mount] = [around, around < 0 ? -1 : view.mountId(around)];
  }
  if (below < 0) return false;
  const isSysfs = view.filesystemMagic(below, call.tid) === SYSFS_MAGIC && view.statfs(below);
  view.close(below);
  return isSysfs;
}

/** For kernels without statmount(2), and for detached mounts: what the filesystem says, if it cannot block us. */
function statusOf({ call, mounts, view }: WorkerContext, fd: number, mount: bigint | undefined): MountStatus {
  const known = mount === undefined ? undefined : mounts.status(mount, call.tid);
  return known ?? (view.mayAsk(fd, call.tid) ? view.filesystem(fd) : { magic: 0, flags: 0 });
}

export const calls = always('statfs', { statfs, fstatfs });
