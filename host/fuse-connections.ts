/**
 * Which superblocks have a server in user space, known without asking it: fusectl has a directory for each of them.
 *
 * Model: fuse_ctl_add_conn() of fs/fuse/control.c; the name is the device number of the superblock as the kernel keeps it (MKDEV of
 * include/linux/kdev_t.h), and is there from before it is mounted until it is gone. It belongs to the user who mounted it.
 * There is one fusectl for all namespaces; the number of its links changes with that of its directories.
 */
import { readdirSync, statfsSync, statSync } from 'node:fs';
import { AT_EMPTY_PATH, AT_FDCWD, F_OK, O_CLOEXEC, O_DIRECTORY } from '../linux/fcntl.ts';
import { FUSE_CTL_SUPER_MAGIC } from '../linux/magic.ts';
import { STATX_NLINK, STRUCT_STATX_SIZE, STX } from '../linux/stat.ts';
import { NR } from './libc.ts';
import { allocateNative, putString } from './memory/native-memory.ts';
import { detachedFilesystem } from './mounts/mount.ts';
import { rawSyscall } from './raw-syscall.ts';

const MINOR_BITS = 20;
const NAME_SIZE = 16;
const USUAL_PLACE = '/sys/fs/fuse/connections';
/** The list is read again when the number of links has changed, or after this time: one connection may have replaced another. */
const AGE_MS = 200;

/** Belongs to the descriptor table of the thread that made it. */
export class FuseConnections {
  /** Negative where there is none to be had: it takes CAP_SYS_ADMIN outside of user namespaces. */
  readonly #control = detachedFilesystem('fusectl');
  readonly #name = allocateNative(NAME_SIZE);
  /** struct statx, and an empty path. */
  readonly #links = allocateNative(STRUCT_STATX_SIZE + 1);
  /** Descriptor of the directory that is listed: our mount, else the usual one of the host. */
  readonly #directory = this.#open();
  #listed: { readonly links: number; readonly since: number; readonly others: boolean } | undefined;

  /** @param device `major:minor` of a superblock. @returns `undefined` when that cannot be told. */
  has(device: string): boolean | undefined {
    if (this.#control < 0) return undefined;
    const [major = 0, minor = 0] = device.split(':').map(Number);
    const name = putString(this.#name, 0, String(major * 2 ** MINOR_BITS + minor));
    return rawSyscall(NR.faccessat2, this.#control, name, F_OK, 0) === 0;
  }

  /** Is there one of another user than root and us? @returns `undefined` when that cannot be told. */
  get ofOthers(): boolean | undefined {
    if (this.#directory < 0) return undefined;
    const { view, address } = this.#links;
    rawSyscall(NR.statx, this.#directory, address + STRUCT_STATX_SIZE, AT_EMPTY_PATH, STATX_NLINK, address);
    const links = view.getUint32(STX.NLINK, true);
    const now = performance.now();
    if (this.#listed?.links !== links || now - this.#listed.since >= AGE_MS)
      this.#listed = { links, since: now, others: anyOfOthers(`/proc/thread-self/fd/${this.#directory}`) };
    return this.#listed.others;
  }

  close(): void {
    for (const fd of [this.#control, this.#directory]) if (fd >= 0) rawSyscall(NR.close, fd);
  }

  #open(): number {
    const flags = O_DIRECTORY | O_CLOEXEC;
    if (this.#control >= 0) return rawSyscall(NR.openat, this.#control, putString(this.#name, 0, '.'), flags);
    try {
      if (statfsSync(USUAL_PLACE).type !== FUSE_CTL_SUPER_MAGIC) return -1;
    } catch {
      return -1;
    }
    return rawSyscall(NR.openat, AT_FDCWD, putString(allocateNative(USUAL_PLACE.length + 1), 0, USUAL_PLACE), flags);
  }
}

function anyOfOthers(directory: string): boolean {
  const ours = process.geteuid?.();
  try {
    return readdirSync(directory).some((name) => {
      const owner = statSync(`${directory}/${name}`, { throwIfNoEntry: false })?.uid;
      return owner !== undefined && owner !== 0 && owner !== ours;
    });
  } catch {
    return true; // EMFILE: there may be one
  }
}
