/**
 * FS_IOC_GETFSUUID: the UUID of the filesystem that a file is on. Filesystems that have one, since Linux 6.9.
 */
import { FS_IOC_GETFSUUID } from '../../linux/ioctl.ts';
import { NR } from '../libc.ts';
import { allocateNative, type NativeMemory } from '../memory/native-memory.ts';
import { rawSyscall } from '../raw-syscall.ts';

/** Of struct fsuuid2: u8 length, u8 uuid[16]. */
const SIZE = 17;
const UUID_SIZE = 16;

/** @param memory for the answer. */
export function filesystemUuid(
  fd: number,
  memory: Pick<NativeMemory, 'address' | 'view'> = allocateNative(SIZE),
): string | undefined {
  const { address, view } = memory;
  if (rawSyscall(NR.ioctl, fd, FS_IOC_GETFSUUID, address) < 0 || view.getUint8(0) !== UUID_SIZE) return undefined;
  const bytes = Array.from({ length: UUID_SIZE }, (_, at) => view.getUint8(1 + at));
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
