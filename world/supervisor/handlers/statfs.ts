/**
 * statfs(2): on our superblocks it must not say FUSE.
 *
 * libselinux and go-selinux decide by f_type alone whether there is SELinux. The other fields are those that simple_statfs() of the kernel
 * gives for such filesystems; mount flags and id are what the host says.
 */
import { AT_FDCWD } from '../caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';

/** struct statfs: type, bsize, blocks, bfree, bavail, files, ffree (8 bytes each), fsid, namelen, frsize, flags, spare[4]. */
const SIZE = 120;
const BSIZE = 8;
const BLOCKS = 16;
const FSID = 56;
const NAMELEN = 64;
const FRSIZE = 72;
const PAGE_SIZE = 4096n;
const NAME_MAX = 255n;
const FUSE_SUPER_MAGIC = 0x65735546;
const EFAULT = 14;

export const statfs: Handler = (context) => {
  const { call, memory, view } = context;
  const path = memory.readString(call.tid, call.low(0), call.high(0));
  if (typeof path === 'number') return;
  answer(context, view.resolveForCaller(call.tid, AT_FDCWD, path, 0));
};

export const fstatfs: Handler = (context) => {
  const { call, view } = context;
  answer(context, view.openDescriptor(call.tid, call.int(0)));
};

/** @param fd closed here. */
function answer(context: WorkerContext, fd: number): void {
  if (fd < 0) return;
  const { call, memory, view } = context;
  const identity = view.identity(fd);
  const magic = identity === undefined ? 0 : context.devices.magic(identity.major, identity.minor);
  const host = magic === 0 ? 0 : view.magic(fd);
  view.close(fd);
  if (host !== FUSE_SUPER_MAGIC) return; // not ours, or the number of one that ended has just been used again
  const statfs = view.resultView;
  statfs.setBigUint64(0, BigInt(magic), true);
  statfs.setBigUint64(BSIZE, PAGE_SIZE, true);
  view.result.fill(0, BLOCKS, FSID);
  statfs.setBigUint64(NAMELEN, NAME_MAX, true);
  statfs.setBigUint64(FRSIZE, PAGE_SIZE, true);
  if (memory.write(call.tid, call.low(1), call.high(1), view.result.subarray(0, SIZE))) call.succeed(0);
  else call.fail(EFAULT);
}
