/**
 * A directory that is held open. Names in it are looked up in the directory itself, whatever becomes of its own name meanwhile. A link is
 * never followed, and no name leads into a mount: a lookup could wait there for a server.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import {
  AT_REMOVEDIR,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from '../../linux/fcntl.ts';
import { PATH_MAX } from '../../linux/fs.ts';
import { systemCall } from '../libc.ts';

const openat2 = systemCall('openat2', ['int', 'str', 'void *', 'size_t']);
const mkdirat = systemCall('mkdirat', ['int', 'str', 'uint']);
const unlinkat = systemCall('unlinkat', ['int', 'str', 'int']);
const readlinkat = systemCall('readlinkat', ['int', 'str', 'void *', 'size_t']);
const getdents64 = systemCall('getdents64', ['int', 'void *', 'size_t']);

const WITHIN = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
/** struct linux_dirent64: u64 d_ino, s64 d_off, u16 d_reclen, u8 d_type, char d_name[]. */
const ENTRY = { length: 16, name: 19 } as const;
const ENTRIES_SIZE = 32768;

export class HeldDirectory {
  readonly fd: number;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** @param fd of a directory, which is closed with what this returns. */
  static of(fd: number): HeldDirectory {
    return new HeldDirectory(fd);
  }

  static root(): HeldDirectory {
    return new HeldDirectory(openSync('/', constants.O_DIRECTORY | O_PATH));
  }

  /** @returns a descriptor (O_PATH) of what has this name, which may be a link, a mount, or `..`; or a negative errno. */
  step(name: string): number {
    return openat2(this.fd, name, ...how(O_PATH, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS));
  }

  /** @returns a descriptor of a directory in this one, or a negative errno: ENOTDIR for a link, EXDEV for a mount. */
  directory(name: string): number {
    return openWithin(this.fd, name, O_RDONLY | O_DIRECTORY);
  }

  /** What has this name, which may be a link; or a negative errno. */
  look(name: string): Stats | number {
    const fd = openWithin(this.fd, name, O_PATH);
    return fd < 0 ? fd : statAndClose(fd);
  }

  /** This directory. */
  get stat(): Stats {
    return fstatSync(this.fd);
  }

  /** The text of a link. */
  link(name: string): string | undefined {
    const text = Buffer.alloc(PATH_MAX);
    const length = readlinkat(this.fd, name, text, text.length);
    return length < 0 ? undefined : text.toString('utf8', 0, length);
  }

  /** @returns a descriptor for reading a file, which does not wait for writers, or a negative errno. */
  file(name: string): number {
    return openWithin(this.fd, name, O_RDONLY | O_NONBLOCK);
  }

  /** The content of a regular file that `isMeant`; `undefined`: there is none. */
  read(name: string, isMeant: (stat: Stats) => boolean): Buffer | undefined {
    const fd = this.file(name);
    if (fd < 0) return undefined;
    try {
      const stat = fstatSync(fd);
      return stat.isFile() && isMeant(stat) ? readFileSync(fd) : undefined;
    } finally {
      closeSync(fd);
    }
  }

  /** A path of what has this name, as long as this directory is held. */
  path(name: string): string {
    return `/proc/self/fd/${this.fd}/${name}`;
  }

  names(): string[] {
    const fd = openWithin(this.fd, '.', O_RDONLY | O_DIRECTORY); // its own position
    if (fd < 0) return [];
    try {
      const names: string[] = [];
      const entries = Buffer.alloc(ENTRIES_SIZE);
      for (;;) {
        const size = getdents64(fd, entries, entries.length);
        if (size <= 0) break;
        names.push(...namesIn(entries, size));
      }
      return names.filter((name) => name !== '.' && name !== '..');
    } finally {
      closeSync(fd);
    }
  }

  /** @returns 0 or a negative errno. */
  make(name: string, mode: number): number {
    return mkdirat(this.fd, name, mode);
  }

  /** @returns 0 or a negative errno. */
  unlink(name: string): number {
    return unlinkat(this.fd, name, 0);
  }

  /** Removes an empty directory. @returns 0 or a negative errno. */
  removeDirectory(name: string): number {
    return unlinkat(this.fd, name, AT_REMOVEDIR);
  }

  /**
   * Removes all that is in it, by directories that are held. @param last what goes after all else, if it is there.
   * @returns 0 or the first negative errno; the rest is removed then, too.
   */
  empty(last?: string): number {
    let failed = 0;
    const names = this.names();
    for (const name of names.sort((a, b) => Number(a === last) - Number(b === last))) {
      const fd = this.directory(name);
      if (fd >= 0) failed ||= HeldDirectory.of(fd).#emptied();
      const result = fd < 0 ? this.unlink(name) : this.removeDirectory(name);
      failed ||= result;
    }
    return failed;
  }

  #emptied(): number {
    try {
      return this.empty();
    } finally {
      this.close();
    }
  }

  close(): void {
    closeSync(this.fd);
  }
}

function openWithin(fd: number, name: string, flags: number): number {
  return openat2(fd, name, ...how(flags, WITHIN));
}

/** struct open_how and its size. */
function how(flags: number, resolve: number): [Uint8Array, number] {
  const fields = new BigUint64Array([BigInt(flags | O_CLOEXEC | O_NOFOLLOW), 0n, BigInt(resolve)]);
  return [new Uint8Array(fields.buffer), fields.byteLength];
}

function statAndClose(fd: number): Stats {
  try {
    return fstatSync(fd);
  } finally {
    closeSync(fd);
  }
}

function* namesIn(entries: Buffer, size: number): Generator<string> {
  for (let at = 0; at < size; at += entries.readUInt16LE(at + ENTRY.length)) {
    const name = at + ENTRY.name;
    yield entries.toString('utf8', name, entries.indexOf(0, name));
  }
}
