/**
 * The tree in the shape of node:fs, without FUSE: for unit tests of other projects, and ours.
 *
 * A facade acts for one caller; `as(caller)` is the same tree and the same descriptors seen by another. Paths are absolute (relative ones
 * start at the root). A read that would have to wait is EAGAIN here, as for O_NONBLOCK; the promise form waits.
 * Beyond node:fs: extended attributes, whose names follow the system calls.
 */

import { E, Errno, failed, type Result } from '../../linux/errno.ts';
import type { Caller } from '../tree/caller.ts';
import { KERNEL_CALLER } from '../tree/caller.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import { type AttributeChange, type Node, Pending } from '../tree/node.ts';
import * as operations from '../tree/operations.ts';
import {
  dataBytes,
  type EncodingOption,
  encodingOf,
  nameText,
  openFlags,
  type PathLike,
  pathBytes,
  pathText,
  type WriteFileOptions,
} from './facade-arguments.ts';
import { FileSystemError } from './facade-error.ts';
import { FacadePromises } from './facade-promises.ts';
import { Dirent, Stats } from './facade-stats.ts';
import { MountTable } from './mounts.ts';
import { Session } from './session.ts';

export interface FacadeOptions {
  /** Default: the kernel (root with all capabilities). */
  readonly caller?: Caller;
  /** Default 0o022. */
  readonly umask?: number;
  /** Present time in nanoseconds, for times that a change sets; without it they stay. */
  readonly now?: () => bigint;
  /** Shared descriptors; default: a new, empty set. */
  readonly session?: Session;
}

type Target = PathLike | number;

/** Size of a read when the length of the content is not known. */
const CHUNK = 64 * 1024;

export class FileSystemFacade {
  readonly promises: FacadePromises;
  readonly #mounts: MountTable;
  readonly #options: FacadeOptions;
  readonly #session: Session;
  readonly #caller: Caller;
  readonly #umask: number;

  constructor(tree: Filesystem | MountTable, options: FacadeOptions = {}) {
    this.#mounts = tree instanceof MountTable ? tree : new MountTable(tree);
    this.#options = options;
    this.#session = options.session ?? new Session(this.#mounts);
    this.#caller = options.caller ?? KERNEL_CALLER;
    this.#umask = options.umask ?? 0o022;
    this.promises = new FacadePromises(this);
  }

  /** The same tree and descriptors, used by another caller. */
  as(caller: Caller): FileSystemFacade {
    return new FileSystemFacade(this.#mounts, { ...this.#options, session: this.#session, caller });
  }

  openSync(path: PathLike, flags: string | number = 'r', mode = 0o666): number {
    const opened = this.#session.open(pathBytes(path), openFlags(flags), mode & ~this.#umask, this.#caller);
    return this.#value(opened, 'open', path);
  }

  closeSync(fd: number): void {
    this.#check(this.#session.close(fd), 'close');
  }

  readSync(fd: number, buffer: Uint8Array, offset = 0, length = buffer.byteLength - offset, position?: number | null) {
    const data = this.#read(fd, length, position ?? undefined);
    if (data instanceof Pending) throw new FileSystemError(E.EAGAIN, 'read');
    buffer.set(data, offset);
    return data.length;
  }

  /** One read that may have to wait. */
  async read(fd: number, length: number, position?: number): Promise<Uint8Array> {
    const data = this.#read(fd, length, position);
    if (!(data instanceof Pending)) return data;
    const late = await new Promise<Result<Uint8Array>>((resolve) => {
      data.start(resolve);
    });
    return this.#value(late, 'read');
  }

  #read(fd: number, length: number, position: number | undefined): Uint8Array | Pending<Uint8Array> {
    const data = this.#session.read(fd, length, position, this.#caller);
    return data instanceof Pending ? data : this.#value(data, 'read');
  }

  writeSync(fd: number, data: string | Uint8Array, offset = 0, length?: number, position?: number | null): number {
    const bytes = dataBytes(data);
    const part = bytes.subarray(offset, length === undefined ? undefined : offset + length);
    return this.#value(this.#session.write(fd, part, position ?? undefined, this.#caller), 'write');
  }

  /** lseek(fd, position, SEEK_SET). */
  seekSync(fd: number, position: number): number {
    return this.#value(this.#session.seek(fd, position), 'lseek');
  }

  readFileSync(target: Target): Buffer;
  readFileSync(target: Target, encoding: BufferEncoding | { readonly encoding: BufferEncoding }): string;
  readFileSync(target: Target, encoding?: EncodingOption): Buffer | string;
  readFileSync(target: Target, encoding?: EncodingOption): Buffer | string {
    const content = this.#withDescriptor(target, 'r', 0, (fd) => {
      const chunks: Uint8Array[] = [];
      for (;;) {
        const data = this.#read(fd, CHUNK, undefined);
        if (data instanceof Pending) throw new FileSystemError(E.EAGAIN, 'read');
        if (data.length === 0) return Buffer.concat(chunks);
        chunks.push(Uint8Array.from(data));
      }
    });
    const wanted = encodingOf(encoding);
    return wanted === undefined ? content : content.toString(wanted);
  }

  writeFileSync(target: Target, data: string | Uint8Array, options: WriteFileOptions | BufferEncoding = {}): void {
    const { encoding, mode, flag } = typeof options === 'string' ? { encoding: options } : options;
    const bytes = dataBytes(data, encoding);
    this.#withDescriptor(target, flag ?? 'w', mode ?? 0o666, (fd) => {
      // node writes until everything is taken; an empty content is no write at all.
      for (let done = 0; done < bytes.length; ) done += this.writeSync(fd, bytes, done);
    });
  }

  appendFileSync(target: Target, data: string | Uint8Array, options: WriteFileOptions = {}): void {
    this.writeFileSync(target, data, { flag: 'a', ...options });
  }

  readdirSync(path: PathLike): string[];
  readdirSync(path: PathLike, options: { readonly withFileTypes: true }): Dirent[];
  readdirSync(path: PathLike, options?: { readonly withFileTypes?: boolean }): string[] | Dirent[];
  readdirSync(path: PathLike, options?: { readonly withFileTypes?: boolean }): string[] | Dirent[] {
    const entries = this.#value(this.#session.paths.readEntries(pathBytes(path), this.#caller), 'scandir', path);
    if (options?.withFileTypes !== true) return entries.map((entry) => nameText(entry.name));
    const parent = pathText(path);
    return entries.map(({ name, node }) => new Dirent(nameText(name), parent, node.attributes(this.#caller).mode));
  }

  statSync(path: PathLike): Stats {
    return this.#stat(path, true, 'stat');
  }

  lstatSync(path: PathLike): Stats {
    return this.#stat(path, false, 'lstat');
  }

  fstatSync(fd: number): Stats {
    const { node, attributes } = this.#value(this.#session.stat(fd, this.#caller), 'fstat');
    return new Stats(node, attributes);
  }

  #stat(path: PathLike, follow: boolean, syscall: string): Stats {
    const { node } = this.#value(this.#session.paths.resolve(pathBytes(path), follow, this.#caller), syscall, path);
    return new Stats(node, node.attributes(this.#caller));
  }

  existsSync(path: PathLike): boolean {
    return !failed(this.#session.paths.resolve(pathBytes(path), true, this.#caller));
  }

  /** `mode`: R_OK 4, W_OK 2, X_OK 1, F_OK 0. */
  accessSync(path: PathLike, mode = 0): void {
    this.#check(this.#session.paths.access(pathBytes(path), mode, this.#caller), 'access', path);
  }

  readlinkSync(path: PathLike): string {
    return nameText(this.#value(this.#session.paths.readlink(pathBytes(path), this.#caller), 'readlink', path));
  }

  mkdirSync(path: PathLike, options: { readonly mode?: number } | number = {}): void {
    const mode = typeof options === 'number' ? options : (options.mode ?? 0o777);
    this.#check(this.#session.paths.mkdir(pathBytes(path), mode & ~this.#umask, this.#caller), 'mkdir', path);
  }

  rmdirSync(path: PathLike): void {
    this.#check(this.#session.paths.rmdir(pathBytes(path), this.#caller), 'rmdir', path);
  }

  unlinkSync(path: PathLike): void {
    this.#check(this.#session.paths.unlink(pathBytes(path), this.#caller), 'unlink', path);
  }

  renameSync(from: PathLike, to: PathLike): void {
    const error = this.#session.paths.rename(pathBytes(from), pathBytes(to), 0, this.#caller);
    this.#check(error, 'rename', from, to);
  }

  linkSync(existing: PathLike, path: PathLike): void {
    const error = this.#session.paths.link(pathBytes(existing), pathBytes(path), this.#caller);
    this.#check(error, 'link', existing, path);
  }

  symlinkSync(target: PathLike, path: PathLike): void {
    const error = this.#session.paths.symlink(pathBytes(target), pathBytes(path), this.#caller);
    this.#check(error, 'symlink', target, path);
  }

  chmodSync(target: Target, mode: number): void {
    this.#change(target, { mode }, 'chmod');
  }

  /** As chown(2): -1 leaves an id as it is. */
  chownSync(target: Target, uid: number, gid: number): void {
    this.#change(target, { ...(uid === -1 ? {} : { uid }), ...(gid === -1 ? {} : { gid }) }, 'chown');
  }

  /** Times in seconds, as in node. */
  utimesSync(target: Target, atime: number, mtime: number): void {
    this.#change(target, { atime: nanoseconds(atime), mtime: nanoseconds(mtime) }, 'utime');
  }

  truncateSync(path: PathLike, size = 0): void {
    this.#check(this.#session.paths.truncate(pathBytes(path), size, this.#caller), 'truncate', path);
  }

  ftruncateSync(fd: number, size = 0): void {
    this.#check(this.#session.setAttributes(fd, { size }, this.#caller), 'ftruncate');
  }

  #change(target: Target, change: AttributeChange, syscall: string): void {
    const now = this.#options.now?.();
    const stamped = now === undefined ? change : { ...change, ctime: now };
    if (typeof target === 'number') {
      this.#check(this.#session.setAttributes(target, stamped, this.#caller), `f${syscall}`);
      return;
    }
    const error = this.#session.paths.setAttributes(pathBytes(target), true, stamped, this.#caller);
    this.#check(error, syscall, target);
  }

  getxattrSync(target: Target, name: string): Buffer {
    const node = this.#node(target, 'getxattr');
    return Buffer.from(this.#value(operations.getXattr(node, pathBytes(name), this.#caller), 'getxattr', target));
  }

  /** `flags`: XATTR_CREATE 1, XATTR_REPLACE 2. */
  setxattrSync(target: Target, name: string, value: string | Uint8Array, flags = 0): void {
    const node = this.#node(target, 'setxattr');
    const error = operations.setXattr(node, pathBytes(name), dataBytes(value), flags, this.#caller);
    this.#check(error, 'setxattr', target);
  }

  listxattrSync(target: Target): string[] {
    const node = this.#node(target, 'listxattr');
    return this.#value(operations.listXattr(node, this.#caller), 'listxattr', target).map(nameText);
  }

  removexattrSync(target: Target, name: string): void {
    const node = this.#node(target, 'removexattr');
    this.#check(operations.removeXattr(node, pathBytes(name), this.#caller), 'removexattr', target);
  }

  #node(target: Target, syscall: string): Node {
    if (typeof target === 'number') return this.#value(this.#session.node(target), syscall);
    return this.#value(this.#session.paths.resolve(pathBytes(target), true, this.#caller), syscall, target).node;
  }

  #withDescriptor<T>(target: Target, flags: string | number, mode: number, use: (fd: number) => T): T {
    if (typeof target === 'number') return use(target);
    const fd = this.openSync(target, flags, mode);
    try {
      return use(fd);
    } finally {
      this.closeSync(fd);
    }
  }

  #value<T>(result: Result<T>, syscall: string, target?: Target): T {
    if (failed(result)) this.#check(result, syscall, target);
    return result as T;
  }

  #check(error: Errno | undefined, syscall: string, target?: Target, dest?: PathLike): void {
    if (!(error instanceof Errno)) return;
    const path = target === undefined || typeof target === 'number' ? undefined : pathText(target);
    throw new FileSystemError(error, syscall, path, dest === undefined ? undefined : pathText(dest));
  }
}

function nanoseconds(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e6)) * 1000n;
}
