/**
 * What one supervised call has found out about descriptors of ours and may take for granted until it ends: which inode one is, and what
 * the filesystem of a mount says of itself (statfs(2)).
 *
 * Model: a descriptor keeps its inode and its mount. Its number is that of another file when it was closed, so whoever opens and closes
 * files says so. Between two calls nothing is remembered: the supervisor looks at files then, too, whose number is not told.
 */
import { S_IFDIR, S_IFLNK, S_IFMT } from '../../../linux/stat.ts';
import type { FileStamp } from './file-stamp.ts';
import type { FileIdentity } from './own-files.ts';

/** `f_type` and `f_flags`. */
export interface FilesystemStatus {
  readonly magic: number;
  readonly flags: number;
}

export class CallLooks {
  readonly #identities = new Map<number, FileIdentity>();
  /** As statx(2) told them with more, which not every call needs in this form. */
  readonly #stamps = new Map<number, FileStamp>();
  /** By the number of the mount that is given once. */
  readonly #filesystems = new Map<bigint, FilesystemStatus>();
  #inCall = false;

  /** @param inCall a call is looked at from now on. */
  forget(inCall: boolean): void {
    this.#inCall = inCall;
    this.#identities.clear();
    this.#stamps.clear();
    this.#filesystems.clear();
  }

  /** The descriptor was opened or closed. */
  changed(fd: number): void {
    this.#identities.delete(fd);
    this.#stamps.delete(fd);
  }

  stamped(fd: number, stamp: FileStamp): void {
    if (this.#inCall && stamp.isMountUnique) this.#stamps.set(fd, stamp);
  }

  /** @param look asks the kernel. */
  identity(fd: number, look: () => FileIdentity | undefined): FileIdentity | undefined {
    const stamp = this.#stamps.get(fd);
    const identity = this.#identities.get(fd) ?? (stamp === undefined ? look() : identityOf(stamp));
    if (this.#inCall && identity !== undefined) this.#identities.set(fd, identity);
    return identity;
  }

  /** @param look asks the filesystem. */
  filesystem(mount: bigint | undefined, look: () => FilesystemStatus): FilesystemStatus {
    if (mount === undefined || !this.#inCall) return look();
    const status = this.#filesystems.get(mount) ?? look();
    this.#filesystems.set(mount, status);
    return status;
  }
}

function identityOf({ device, ino, mode, mount, isMountRoot }: FileStamp): FileIdentity {
  const [major = 0, minor = 0] = device.split(':').map(Number);
  const type = mode & S_IFMT;
  return {
    major,
    minor,
    ino: Number(ino),
    directory: type === S_IFDIR,
    link: type === S_IFLNK,
    mountRoot: isMountRoot,
    mount,
  };
}
