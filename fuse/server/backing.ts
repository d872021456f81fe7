/**
 * Files whose data the kernel reads and writes without us (FUSE_PASSTHROUGH, Linux 6.9): FUSE_DEV_IOC_BACKING_OPEN, _CLOSE.
 *
 * The kernel gives a file a number, which is the answer to an OPEN with FOPEN.PASSTHROUGH. All that have an inode open at a time
 * must have the same number, or none. What is read and written is so with the credentials of the thread that got the number.
 */
import { NR } from '../../host/libc.ts';
import { allocateNative } from '../../host/memory/native-memory.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { FUSE_DEV_IOC_BACKING_CLOSE, FUSE_DEV_IOC_BACKING_OPEN } from '../../linux/ioctl.ts';
import { BACKING_MAP } from '../protocol/structs.ts';

export class BackingNumbers {
  readonly #map = allocateNative(BACKING_MAP.size);

  /**
   * @param device whose INIT has agreed on it.
   * @param fd of a regular file, O_PATH will do; it may be closed then.
   * @returns a number > 0, or: -EPERM without CAP_SYS_ADMIN in the initial user namespace; -ELOOP where the file lies on
   * filesystems that are stacked too deep.
   */
  open(device: number, fd: number): number {
    const { view, bytes, address } = this.#map;
    bytes.fill(0);
    view.setInt32(BACKING_MAP.at.fd, fd, true);
    return rawSyscall(NR.ioctl, device, FUSE_DEV_IOC_BACKING_OPEN, address);
  }

  /** What has the file open with it keeps it. */
  close(device: number, id: number): void {
    this.#map.view.setInt32(0, id, true);
    rawSyscall(NR.ioctl, device, FUSE_DEV_IOC_BACKING_CLOSE, this.#map.address);
  }
}
