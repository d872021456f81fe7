/**
 * Which superblocks have a server in user space, known without asking it: fusectl has a directory for each of them.
 *
 * Model: fuse_ctl_add_conn() of fs/fuse/control.c; the name is the device number of the superblock as the kernel keeps it (MKDEV of
 * include/linux/kdev_t.h), and is there from before it is mounted until it is gone. There is one fusectl for all namespaces.
 */
import { F_OK } from '../linux/fcntl.ts';
import { NR } from './libc.ts';
import { allocateNative, putString } from './memory/native-memory.ts';
import { detachedFilesystem } from './mounts/mount.ts';
import { rawSyscall } from './raw-syscall.ts';

const MINOR_BITS = 20;
const NAME_SIZE = 16;

/** Belongs to the descriptor table of the thread that made it. */
export class FuseConnections {
  /** Negative where there is none to be had: it takes CAP_SYS_ADMIN outside of user namespaces. */
  readonly #control = detachedFilesystem('fusectl');
  readonly #name = allocateNative(NAME_SIZE);

  /** @param device `major:minor` of a superblock. @returns `undefined` when that cannot be told. */
  has(device: string): boolean | undefined {
    if (this.#control < 0) return undefined;
    const [major = 0, minor = 0] = device.split(':').map(Number);
    const name = putString(this.#name, 0, String(major * 2 ** MINOR_BITS + minor));
    return rawSyscall(NR.faccessat2, this.#control, name, F_OK, 0) === 0;
  }
}
