/**
 * The tree in the shape of node:fs, without FUSE: what the tree itself answers, in the synchronous forms. node-fs/ makes
 * the rest of node:fs of these.
 *
 * A facade acts for one caller; `as(caller)` is the same tree and the same descriptors seen by another. Paths are absolute (relative ones
 * start at the root). A read that would have to wait is EAGAIN here, as for O_NONBLOCK; `readLater` waits.
 * Beyond node:fs: extended attributes, whose names follow the system calls, and lseek(2).
 */

import { E, Errno, failed, type Result } from '../../linux/errno.ts';
import type { Caller } from '../tree/caller.ts';
import { KERNEL_CALLER } from '../tree/caller.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import { type AttributeChange, type Node, Pending } from '../tree/node.ts';
import * as operations from '../tree/operations.ts';
import {
  type Data,
  dataBytes,
  type EncodingOption,
  encodedName,
  encodingOf,
  type Mode,
  modeBits,
  nanoseconds,
  openFlags,
  type PathLike,
  pathBytes,
  pathText,
  positionOf,
  type ReadFileOptions,
  type Time,
  type WriteFileOptions,
} from './facade-arguments.ts';
import { FileSystemError } from './facade-error.ts';
import { Dirent, Stats, statFs } from './facade-stats.ts';
import { MountTable } from './mounts.ts';
import { Session } from './session.ts';
import type { Place } from './walk.ts';

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

export type Target = PathLike | number;
type Position = number | bigint | null;

export interface StatOptions {
  readonly bigint?: boolean;
  readonly throwIfNoEntry?: boolean;
}

export interface ReaddirOptions {
  readonly encoding?: BufferEncoding | 'buffer' | null;
  readonly withFileTypes?: boolean;
}

/** Size of a read when the length of the content is not known. */
const CHUNK = 64 * 1024;

export class FileSystemFacade {
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
  }

  /** The same tree and descriptors, used by another caller. */
  as(caller: Caller): FileSystemFacade {
    return new FileSystemFacade(this.#mounts, { ...this.#options, session: this.#session, caller });
  }

  /** Ends all that is open, for whoever uses these descriptors, and what was given to {@link endsWith}. */
  closeAll(): void {
    this.#session.closeAll();
  }

  endsWith(close: () => void): () => void {
    return this.#session.endsWith(close);
  }

  openSync(path: PathLike, flags?: string | number | null, mode?: Mode): number {
    const bits = modeBits(mode, 0o666) & ~this.#umask;
    return this.#value(this.#session.open(pathBytes(path), openFlags(flags ?? 'r'), bits, this.#caller), 'open', path);
  }

  closeSync(fd: number): void {
    this.#check(this.#session.close(fd), 'close');
  }

  /** At most as much as fits the buffer. */
  readSync(fd: number, buffer: Uint8Array, offset = 0, length?: number, position?: Position): number {
    const room = length ?? buffer.byteLength - offset;
    const data = this.#read(fd, room, positionOf(position));
    if (data instanceof Pending) throw new FileSystemError(E.EAGAIN, 'read');
    buffer.set(data, offset);
    return data.length;
  }

  /** One read that may have to wait. */
  async readLater(fd: number, length: number, position?: Position): Promise<Uint8Array> {
    const data = this.#read(fd, length, positionOf(position));
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

  /** As node: text is followed by position and encoding, bytes by offset, length and position. */
  writeSync(fd: number, data: Data, first?: Position, second?: unknown, position?: Position): number {
    const [bytes, at] =
      typeof data === 'string'
        ? [dataBytes(data, encodingOf(second as EncodingOption)), first]
        : [part(dataBytes(data), Number(first ?? 0), second as number | null | undefined), position];
    return this.#value(this.#session.write(fd, bytes, positionOf(at), this.#caller), 'write');
  }

  /** lseek(fd, position, SEEK_SET). */
  seekSync(fd: number, position: number): number {
    return this.#value(this.#session.seek(fd, position), 'lseek');
  }

  /** EBADF where it is closed; there is nothing to write elsewhere. */
  fsyncSync(fd: number): void {
    const node = this.#session.node(fd);
    this.#check(failed(node) ? node : undefined, 'fsync');
  }

  readFileSync(target: Target): Buffer;
  readFileSync(target: Target, options: BufferEncoding | { readonly encoding: BufferEncoding }): string;
  readFileSync(target: Target, options?: ReadFileOptions | BufferEncoding | null): Buffer | string;
  readFileSync(target: Target, options?: ReadFileOptions | BufferEncoding | null): Buffer | string {
    const flag = typeof options === 'object' ? options?.flag : undefined;
    const content = this.#withDescriptor(target, flag ?? 'r', undefined, (fd) => {
      const chunks: Uint8Array[] = [];
      for (;;) {
        const data = this.#read(fd, CHUNK, undefined);
        if (data instanceof Pending) throw new FileSystemError(E.EAGAIN, 'read');
        if (data.length === 0) return Buffer.concat(chunks);
        chunks.push(Uint8Array.from(data));
      }
    });
    const wanted = encodingOf(options);
    return wanted === undefined ? content : content.toString(wanted);
  }

  writeFileSync(target: Target, data: Data, options: WriteFileOptions | BufferEncoding | null = {}): void {
    const { encoding, mode, flag } = typeof options === 'string' ? { encoding: options } : (options ?? {});
    const bytes = dataBytes(data, encoding);
    this.#withDescriptor(target, flag ?? 'w', mode, (fd) => {
      // node writes until everything is taken; an empty content is no write at all.
      for (let done = 0; done < bytes.length; ) done += this.writeSync(fd, bytes, done);
    });
  }

  appendFileSync(target: Target, data: Data, options?: WriteFileOptions | BufferEncoding | null): void {
    const given = typeof options === 'string' ? { encoding: options } : options;
    this.writeFileSync(target, data, { flag: 'a', ...given });
  }

  readdirSync(path: PathLike): string[];
  readdirSync(path: PathLike, options: { readonly withFileTypes: true }): Dirent[];
  readdirSync(
    path: PathLike,
    options?: ReaddirOptions | BufferEncoding | 'buffer' | null,
  ): (string | Buffer | Dirent)[];
  readdirSync(
    path: PathLike,
    options?: ReaddirOptions | BufferEncoding | 'buffer' | null,
  ): (string | Buffer | Dirent)[] {
    const entries = this.#value(this.#session.paths.readEntries(pathBytes(path), this.#caller), 'scandir', path);
    if (typeof options !== 'object' || options?.withFileTypes !== true)
      return entries.map(({ name }) => encodedName(name, options));
    const parent = pathText(path);
    return entries.map(
      ({ name, node }) => new Dirent(encodedName(name, options), parent, node.attributes(this.#caller).mode),
    );
  }

  statSync(path: PathLike): Stats;
  statSync(path: PathLike, options?: StatOptions): Stats | Stats<bigint> | undefined;
  statSync(path: PathLike, options?: StatOptions): Stats | Stats<bigint> | undefined {
    return this.#stat(path, true, 'stat', options);
  }

  lstatSync(path: PathLike): Stats;
  lstatSync(path: PathLike, options?: StatOptions): Stats | Stats<bigint> | undefined;
  lstatSync(path: PathLike, options?: StatOptions): Stats | Stats<bigint> | undefined {
    return this.#stat(path, false, 'lstat', options);
  }

  fstatSync(fd: number, options: StatOptions = {}): Stats {
    const { node, filesystem, attributes } = this.#value(this.#session.stat(fd, this.#caller), 'fstat');
    return new Stats(node, this.#mounts.device(filesystem), attributes, options.bigint);
  }

  #stat(path: PathLike, follow: boolean, syscall: string, options: StatOptions = {}): Stats | undefined {
    const found = this.#session.paths.resolve(pathBytes(path), follow, this.#caller);
    if (options.throwIfNoEntry === false && (found === E.ENOENT || found === E.ENOTDIR)) return undefined;
    const { node, filesystem } = this.#value(found, syscall, path);
    return new Stats(node, this.#mounts.device(filesystem), node.attributes(this.#caller), options.bigint);
  }

  statfsSync(path: PathLike, options: { readonly bigint?: boolean } = {}): Record<string, number | bigint> {
    const { magic } = this.#value(this.#session.paths.statfs(pathBytes(path), this.#caller), 'statfs', path);
    return statFs(magic, options.bigint);
  }

  existsSync(path: PathLike): boolean {
    try {
      return !failed(this.#session.paths.resolve(pathBytes(path), true, this.#caller));
    } catch {
      return false; // node: what is no path does not exist
    }
  }

  /** `mode`: R_OK 4, W_OK 2, X_OK 1, F_OK 0. */
  accessSync(path: PathLike, mode?: number): void {
    this.#check(this.#session.paths.access(pathBytes(path), mode ?? 0, this.#caller), 'access', path);
  }

  readlinkSync(path: PathLike): string;
  readlinkSync(path: PathLike, options?: EncodingOption): string | Buffer;
  readlinkSync(path: PathLike, options?: EncodingOption): string | Buffer {
    const target = this.#value(this.#session.paths.readlink(pathBytes(path), this.#caller), 'readlink', path);
    return encodedName(target, options);
  }

  realpathSync(path: PathLike, options?: EncodingOption): string | Buffer {
    return encodedName(this.place(path, 'realpath').path, options);
  }

  /** What a path leads to. */
  place(path: PathLike, syscall: string): Place {
    return this.#value(this.#session.paths.resolve(pathBytes(path), true, this.#caller), syscall, path);
  }

  mkdirSync(path: PathLike, options?: { readonly mode?: Mode } | Mode): void {
    const bits = modeBits(typeof options === 'object' ? options?.mode : options, 0o777) & ~this.#umask;
    this.#check(this.#session.paths.mkdir(pathBytes(path), bits, this.#caller), 'mkdir', path);
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

  chmodSync(target: Target, mode: Mode): void {
    this.#change(target, { mode: modeBits(mode) }, 'chmod');
  }

  /** As chown(2): -1 leaves an id as it is. */
  chownSync(target: Target, uid: number, gid: number): void {
    this.#change(target, owners(uid, gid), 'chown');
  }

  lchownSync(path: PathLike, uid: number, gid: number): void {
    this.#change(path, owners(uid, gid), 'lchown', false);
  }

  utimesSync(target: Target, atime: Time, mtime: Time): void {
    this.#change(target, { atime: nanoseconds(atime), mtime: nanoseconds(mtime) }, 'utime');
  }

  lutimesSync(path: PathLike, atime: Time, mtime: Time): void {
    this.#change(path, { atime: nanoseconds(atime), mtime: nanoseconds(mtime) }, 'lutime', false);
  }

  truncateSync(path: PathLike, size?: number | null): void {
    this.#check(this.#session.paths.truncate(pathBytes(path), size ?? 0, this.#caller), 'truncate', path);
  }

  ftruncateSync(fd: number, size?: number | null): void {
    this.#check(this.#session.setAttributes(fd, { size: size ?? 0 }, this.#caller), 'ftruncate');
  }

  #change(target: Target, change: AttributeChange, syscall: string, follow = true): void {
    const now = this.#options.now?.();
    const stamped = now === undefined ? change : { ...change, ctime: now };
    if (typeof target === 'number') {
      this.#check(this.#session.setAttributes(target, stamped, this.#caller), `f${syscall}`);
      return;
    }
    const error = this.#session.paths.setAttributes(pathBytes(target), follow, stamped, this.#caller);
    this.#check(error, syscall, target);
  }

  getxattrSync(target: Target, name: string): Buffer {
    const node = this.#node(target, 'getxattr');
    return Buffer.from(this.#value(operations.getXattr(node, pathBytes(name), this.#caller), 'getxattr', target));
  }

  /** `flags`: XATTR_CREATE 1, XATTR_REPLACE 2. */
  setxattrSync(target: Target, name: string, value: Data, flags = 0): void {
    const node = this.#node(target, 'setxattr');
    const error = operations.setXattr(node, pathBytes(name), dataBytes(value), flags, this.#caller);
    this.#check(error, 'setxattr', target);
  }

  listxattrSync(target: Target): string[] {
    const node = this.#node(target, 'listxattr');
    const names = this.#value(operations.listXattr(node, this.#caller), 'listxattr', target);
    return names.map((name) => String(encodedName(name)));
  }

  removexattrSync(target: Target, name: string): void {
    const node = this.#node(target, 'removexattr');
    this.#check(operations.removeXattr(node, pathBytes(name), this.#caller), 'removexattr', target);
  }

  #node(target: Target, syscall: string): Node {
    return typeof target === 'number'
      ? this.#value(this.#session.node(target), syscall)
      : this.place(target, syscall).node;
  }

  #withDescriptor<T>(target: Target, flags: string | number, mode: Mode, use: (fd: number) => T): T {
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

function owners(uid: number, gid: number): AttributeChange {
  return { ...(uid === -1 ? {} : { uid }), ...(gid === -1 ? {} : { gid }) };
}

function part(bytes: Uint8Array, offset: number, length: number | null | undefined): Uint8Array {
  return bytes.subarray(offset, typeof length === 'number' ? offset + length : undefined);
}
