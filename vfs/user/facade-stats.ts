/**
 * Stats and Dirent of node:fs, made from vfs attributes.
 */

import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } from '../../linux/stat.ts';
import type { Attributes, Node } from '../tree/node.ts';

/** The type tests that Stats and Dirent share. */
abstract class Typed {
  protected abstract type(): number;
  isFile = (): boolean => this.type() === S_IFREG;
  isDirectory = (): boolean => this.type() === S_IFDIR;
  isSymbolicLink = (): boolean => this.type() === S_IFLNK;
  isCharacterDevice = (): boolean => this.type() === S_IFCHR;
  isBlockDevice = (): boolean => this.type() === S_IFBLK;
  isFIFO = (): boolean => this.type() === S_IFIFO;
  isSocket = (): boolean => this.type() === S_IFSOCK;
}

/** Device number all facade files show: they are on no device. */
const NO_DEVICE = 0;
const BLOCK = 512;
const PREFERRED_BLOCK = 4096;

export class Stats extends Typed {
  readonly dev = NO_DEVICE;
  readonly blksize = PREFERRED_BLOCK;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** Nanoseconds, exact. */
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;

  constructor(node: Node, attributes: Attributes) {
    super();
    this.ino = node.ino;
    this.mode = attributes.mode;
    this.nlink = attributes.nlink;
    this.uid = attributes.uid;
    this.gid = attributes.gid;
    this.rdev = attributes.rdev;
    this.size = attributes.size;
    this.blocks = Math.ceil(attributes.size / BLOCK);
    this.atimeNs = attributes.atime;
    this.mtimeNs = attributes.mtime;
    this.ctimeNs = attributes.ctime;
    this.atimeMs = milliseconds(attributes.atime);
    this.mtimeMs = milliseconds(attributes.mtime);
    this.ctimeMs = milliseconds(attributes.ctime);
  }

  get atime(): Date {
    return new Date(this.atimeMs);
  }
  get mtime(): Date {
    return new Date(this.mtimeMs);
  }
  get ctime(): Date {
    return new Date(this.ctimeMs);
  }

  protected type(): number {
    return this.mode & S_IFMT;
  }
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}

export class Dirent extends Typed {
  readonly name: string;
  readonly parentPath: string;
  readonly #type: number;

  constructor(name: string, parentPath: string, mode: number) {
    super();
    this.name = name;
    this.parentPath = parentPath;
    this.#type = mode & S_IFMT;
  }

  protected type(): number {
    return this.#type;
  }
}
