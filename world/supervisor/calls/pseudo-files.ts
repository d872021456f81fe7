/**
 * Calls that a kernel's pseudo-files refuse with EINVAL and FUSE does not: sendfile(2) and splice(2) from them, of which it would transfer
 * st_size bytes, which is 0, and into them; O_DIRECT of fcntl(2); the block of a file (FIBMAP), which it says is 0.
 *
 * Files of sysfs and sysctls have splice_read and splice_write in a kernel (fs/kernfs/file.c, fs/proc/proc_sysctl.c). What is sent to them
 * comes as a write; sent from them, nothing would come.
 *
 * /dev/kmsg is a device in a kernel, not a file: it has no blocks, and nothing is copied from or to it.
 */

import { CAP, hasCapability } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import { F_SETFL, O_ACCMODE, O_DIRECT, O_RDONLY, O_WRONLY } from '../../../linux/fcntl.ts';
import type { CallerFd } from '../../../linux/ids.ts';
import { FIBMAP } from '../../../linux/ioctl.ts';
import { PROC_SUPER_MAGIC, SYSFS_MAGIC } from '../../../linux/magic.ts';
import { S_IFMT, S_IFREG } from '../../../linux/stat.ts';
import { type NameOnBehalf, parseNameOnBehalf } from '../../kernel-files/on-behalf.ts';
import { descriptorFlags } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';
import { isOurs } from './zero-write.ts';

const { EINVAL, ENOTTY } = ERRNO;
const SYSCTLS = '/proc/sys/';

/** Nothing is refused of no bytes, nor before what the kernel says of descriptors that are not open for that. */
function transfer(context: WorkerContext, from: CallerFd, to: CallerFd, length: number): void {
  const reads = () => accessMode(context, from) !== O_WRONLY;
  const writes = () => accessMode(context, to) !== O_RDONLY;
  const refuses = isOurs(context, from) || (isOurs(context, to) && !takesSplices(context, to));
  if (length !== 0 && refuses && reads() && writes()) context.call.fail(EINVAL);
}

function accessMode(context: WorkerContext, descriptor: CallerFd): number {
  return descriptorFlags(context, descriptor) & O_ACCMODE;
}

function takesSplices(context: WorkerContext, number: CallerFd): boolean {
  const { call, view, files, devices } = context;
  const fd = view.openDescriptor(call.tid, number);
  if (fd < 0) return false;
  const identity = view.identity(fd);
  const magic = identity && devices.magic(identity.major, identity.minor);
  const path = files.pathOf(fd);
  view.close(fd);
  if (magic !== PROC_SUPER_MAGIC) return magic === SYSFS_MAGIC;
  return path.includes(SYSCTLS) || standsFor(path)?.tree === 'sys';
}

const standsFor = (path: string): NameOnBehalf | undefined =>
  parseNameOnBehalf(path.slice(path.lastIndexOf('/') + 1))?.named;

function isDevice(context: WorkerContext, number: CallerFd): boolean {
  const { call, view, files } = context;
  if (!isOurs(context, number)) return false;
  const fd = view.openDescriptor(call.tid, number);
  if (fd < 0) return false;
  const named = standsFor(files.pathOf(fd));
  view.close(fd);
  return named?.tree === 'fd' && named.kind === 'kmsg';
}

/** sendfile(to, from, offset, count) */
const sendfile: Handler = (context) => {
  const { call } = context;
  transfer(context, call.fd(1), call.fd(0), call.low(3) + call.high(3));
};

/** splice(from, offset, to, offset, count, flags) */
const splice: Handler = (context) => {
  const { call } = context;
  transfer(context, call.fd(0), call.fd(2), call.low(4) + call.high(4));
};

/** setfl() of fs/fcntl.c (descriptor, command, flags) */
const fcntl: Handler = (context) => {
  const { call } = context;
  if (call.int(1) === F_SETFL && (call.low(2) & O_DIRECT) !== 0 && isOurs(context, call.fd(0))) call.fail(EINVAL);
};

/** ioctl_fibmap() of fs/ioctl.c (descriptor, command, number of a block). The kernel refuses who lacks the capability. */
const ioctl: Handler = (context) => {
  const { call, view } = context;
  if (call.low(1) !== FIBMAP) return;
  if (isDevice(context, call.fd(0))) call.fail(ENOTTY);
  if (call.answered || !hasCapability(view.credentials(call.tid)?.capabilities ?? 0n, CAP.SYS_RAWIO)) return;
  if (isOurs(context, call.fd(0)) && isRegular(context, call.fd(0))) call.fail(EINVAL);
};

/** generic_file_rw_checks() of fs/read_write.c (from, offset, to, offset, count, flags) */
const copy_file_range: Handler = (context) => {
  const { call } = context;
  if (call.low(5) === 0 && (isDevice(context, call.fd(0)) || isDevice(context, call.fd(2)))) call.fail(EINVAL);
};

function isRegular({ call, view }: WorkerContext, number: CallerFd): boolean {
  const fd = view.openDescriptor(call.tid, number);
  if (fd < 0) return false;
  const mode = view.stat(fd)?.mode ?? 0;
  view.close(fd);
  return (mode & S_IFMT) === S_IFREG;
}

export const calls: readonly SupervisedCall[] = [
  ...always('pseudo-files', { copy_file_range, sendfile, splice }),
  {
    name: 'fcntl',
    when: 'pseudo-file-flags',
    rule: [
      { argument: 1, is: F_SETFL },
      { argument: 2, has: O_DIRECT },
    ],
    handle: fcntl,
  },
  { name: 'ioctl', when: 'pseudo-file-flags', rule: [{ argument: 1, is: FIBMAP }], handle: ioctl },
];
