/**
 * Capabilities that commands of ioctl(2) need, as far as they are looked at: where a block of a file lies, freezing its
 * filesystem, its flags (fs/ioctl.c), changes of network interfaces and routes (dev_ioctl() of net/core, devinet_ioctl() of
 * net/ipv4), of block devices (block/ioctl.c), of the entropy of the kernel (random_ioctl() of drivers/char/random.c) and of
 * terminals (drivers/tty), Linux 6.12. What a filesystem or driver has of its own is not asked about.
 */
import { CAP } from '../../../linux/capability.ts';
import {
  MEM_MAJOR,
  RANDOM_MINOR,
  TTY_MAJOR,
  TTYAUX_MAJOR,
  UNIX98_PTY_SLAVE_MAJOR,
  UNIX98_PTY_SLAVE_MAJOR_LAST,
  URANDOM_MINOR,
} from '../../../linux/devices.ts';
import {
  BLOCK_DEVICE_CHANGES,
  FIBMAP,
  FIFREEZE,
  FITHAW,
  FS_IOC_FSSETXATTR,
  FS_IOC_SETFLAGS,
  FSXATTR_SIZE,
  NETWORK_CHANGES,
  RANDOM_CHANGES,
  TERMINAL_CHANGES,
} from '../../../linux/ioctl.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import { deviceOfNode } from '../caller/device-node.ts';
import type { WorkerContext } from '../context.ts';
import { capabilityCheck, capabilityThere } from './calls.ts';
import { flagChecks, GUARDED_FLAGS } from './file-flags.ts';

/** Commands that may need one. */
export const PRIVILEGED_COMMANDS: ReadonlySet<number> = new Set([
  FIBMAP,
  FIFREEZE,
  FITHAW,
  FS_IOC_SETFLAGS,
  FS_IOC_FSSETXATTR,
  ...NETWORK_CHANGES,
  ...BLOCK_DEVICE_CHANGES,
  ...RANDOM_CHANGES,
  ...TERMINAL_CHANGES,
]);

/** @param fd a descriptor of ours of the file; absent: it is not open, so nothing is found out about it. */
export function ioctlCapabilities(
  context: WorkerContext,
  command: number,
  file: FileFacts,
  fd?: number,
): readonly AccessCheck[] {
  if (!PRIVILEGED_COMMANDS.has(command) || context.mediator?.families.has('capabilities') !== true) return [];
  const { inode } = file;
  if (command === FIBMAP) return inode.class === 'file' ? capabilityCheck(context, CAP.SYS_RAWIO) : [];
  if (command === FIFREEZE || command === FITHAW) return capabilityThere(context, CAP.SYS_ADMIN);
  if (NETWORK_CHANGES.has(command)) return inode.socket === undefined ? [] : capabilityCheck(context, CAP.NET_ADMIN);
  if (BLOCK_DEVICE_CHANGES.has(command))
    return inode.class === 'blk_file' ? capabilityCheck(context, CAP.SYS_ADMIN, 'EACCES') : [];
  if (fd === undefined) return [];
  if (command === FS_IOC_SETFLAGS) return setsFlags(context, file, fd, 4, 0);
  if (command === FS_IOC_FSSETXATTR) return setsFlags(context, file, fd, FSXATTR_SIZE, 1);
  if (inode.class !== 'chr_file') return [];
  const [major, minor] = (deviceOfNode(context.view, fd) ?? '').split(':').map(Number);
  const isMeant = RANDOM_CHANGES.has(command) ? isRandom(major, minor) : isTerminal(major);
  return isMeant ? capabilityCheck(context, CAP.SYS_ADMIN) : [];
}

/** @param shift how much higher the bits of the guarded flags are than in the argument. */
function setsFlags(
  context: WorkerContext,
  file: FileFacts,
  fd: number,
  size: number,
  shift: number,
): readonly AccessCheck[] {
  const { call, memory } = context;
  if (memory.read(call.tid, call.low(2), call.high(2), size) < size) return []; // EFAULT
  const given = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, size).getUint32(0, true);
  return flagChecks(context, file, fd, (given << shift) & GUARDED_FLAGS) ?? [];
}

const isRandom = (major?: number, minor?: number): boolean =>
  major === MEM_MAJOR && (minor === RANDOM_MINOR || minor === URANDOM_MINOR);

const isTerminal = (major = 0): boolean =>
  major === TTY_MAJOR ||
  major === TTYAUX_MAJOR ||
  (major >= UNIX98_PTY_SLAVE_MAJOR && major <= UNIX98_PTY_SLAVE_MAJOR_LAST);
