/**
 * Stats, StatFs and Dirent of node:fs, made from vfs attributes.
 */

import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../linux/stat.ts';
import type { Attributes, Node } from '../tree/node.ts';

/** The type tests that Stats and Dirent share. */
abstract class Typed {
  protected abstract type(): number;
  isFile(): boolean {
    return this.type() === S_IFREG;
  }
  isDirectory(): boolean {
    return this.type() === S_IFDIR;
  }
  isSymbolicLink(): boolean {
    return this.type() === S_IFLNK;
  }
  isCharacterDevice(): boolean {
    return this.type() === S_IFCHR;
  }
  isBlockDevice(): boolean {
    return this.type() === S_IFBLK;
  }
  isFIFO(): boolean {
    return this.type() === S_IFIFO;
  }
  isSocket(): boolean {
    return this.type() === S_IFSOCK;
  }
}

const BLOCK = 512;
const PREFERRED_BLOCK = 4096;

/** With the option `bigint` all numbers are of that kind, and nanoseconds are there. */
export class Stats<N extends number | bigint = number> extends Typed {
  declare readonly dev: N;
  declare readonly blksize: N;
  declare readonly ino: N;
  declare readonly mode: N;
  declare readonly nlink: N;
  declare readonly uid: N;
  declare readonly gid: N;
  declare readonly rdev: N;
  declare readonly size: N;
  declare readonly blocks: N;
  declare readonly atimeMs: N;
  declare readonly mtimeMs: N;
  declare readonly ctimeMs: N;
  declare readonly birthtimeMs: N;

  /** Files are on devices whose numbers are those of their filesystems. */
  constructor(node: Node, device: number, attributes: Attributes, bigint = false) {
    super();
    const { mode, nlink, uid, gid, rdev, size, atime, mtime, ctime } = attributes;
    const numbers = { dev: device, mode, nlink, uid, gid, rdev, blksize: PREFERRED_BLOCK, ino: node.ino, size };
    const counted = Object.entries({ ...numbers, blocks: Math.ceil(size / BLOCK) });
    // Nothing here has a time of birth; node takes the time of change then, too.
    const times = Object.entries({ atime, mtime, ctime, birthtime: ctime });
    const milliseconds = (time: bigint) => (bigint ? time / 1_000_000n : Number(time) / 1e6);
    Object.assign(this, Object.fromEntries(counted.map(([key, value]) => [key, bigint ? BigInt(value) : value])));
    Object.assign(this, Object.fromEntries(times.map(([key, value]) => [`${key}Ms`, milliseconds(value)])));
    if (bigint) Object.assign(this, Object.fromEntries(times.map(([key, value]) => [`${key}Ns`, value])));
  }

  get atime(): Date {
    return new Date(Number(this.atimeMs));
  }
  get mtime(): Date {
    return new Date(Number(this.mtimeMs));
  }
  get ctime(): Date {
    return new Date(Number(this.ctimeMs));
  }
  get birthtime(): Date {
    return new Date(Number(this.birthtimeMs));
  }

  protected type(): number {
    return Number(this.mode) & S_IFMT;
  }
}

/** What statfs(2) gives for a filesystem without blocks. */
export function statFs(magic: number, bigint = false): Record<string, number | bigint> {
  const numbers = { type: magic, bsize: PREFERRED_BLOCK, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
  return Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, bigint ? BigInt(value) : value]));
}

export class Dirent extends Typed {
  readonly name: string | Buffer;
  readonly parentPath: string;
  /** Its former name. */
  readonly path: string;
  readonly #type: number;

  constructor(name: string | Buffer, parentPath: string, mode: number) {
    super();
    this.name = name;
    this.parentPath = parentPath;
    this.path = parentPath;
    this.#type = mode & S_IFMT;
  }

  protected type(): number {
    return this.#type;
  }
}
