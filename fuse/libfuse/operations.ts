/**
 * A filesystem as the set of path-based callbacks that fuse-native wants. Errors are negative errnos, as libfuse has them.
 */
import { bytesOf } from '../../linux/bytes.ts';
import { E, Errno, failed, type Result } from '../../linux/errno.ts';
import { O_NONBLOCK } from '../../linux/fcntl.ts';
import { S_IALLUGO } from '../../linux/stat.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import { type AttributeChange, type Handle, type Node, Pending } from '../../vfs/tree/node.ts';
import * as vfs from '../../vfs/tree/operations.ts';
import type { FileHandle } from '../protocol/ids.ts';
import { OpenFile, OpenFiles } from '../server/open-files.ts';
import type { Callback, NativeStat } from './binding.ts';
import { byteString, resolve, resolveParent } from './paths.ts';

const MILLISECOND = 1_000_000n;
/** libfuse 2 never asks for more than 32 pages in one WRITE; the first part of a split one can lack up to a page of that. */
const PARTIAL_WRITE = 31 * 4096;

export class NativeOperations {
  readonly #root: Node;
  readonly #caller: Caller;
  readonly #now: () => bigint;
  readonly #onTrace: (text: string) => void;
  readonly files = new OpenFiles();

  constructor(filesystem: Filesystem, caller: Caller, now: () => bigint, onTrace: (text: string) => void) {
    this.#root = filesystem.root;
    this.#caller = caller;
    this.#now = now;
    this.#onTrace = onTrace;
  }

  /** The callback table. */
  table(): object {
    const caller = this.#caller;
    const at = (path: string) => resolve(this.#root, path, caller);
    const inParent = (path: string, run: (parent: Node, name: string) => Result<unknown> | undefined) => {
      const found = resolveParent(this.#root, path, caller);
      return failed(found) ? found : run(found.parent, found.name);
    };
    const change = (path: string, attributes: AttributeChange) => {
      const node = at(path);
      return failed(node) ? node : vfs.setAttributes(node, { ...attributes, ctime: this.#now() }, caller);
    };
    return {
      getattr: (path: string, done: Callback) => this.#answer(done, () => this.#stat(at(path), undefined)),
      fgetattr: (path: string, fd: FileHandle, done: Callback) =>
        this.#answer(done, () => this.#stat(at(path), this.files.file(fd)?.handle)),
      readdir: (path: string, done: Callback) => this.#answer(done, () => this.#names(at(path))),
      readlink: (path: string, done: Callback) =>
        this.#answer(done, () => {
          const node = at(path);
          return failed(node) ? node : vfs.readlink(node, caller);
        }),
      open: (path: string, flags: number, done: Callback) => this.#answer(done, () => this.#open(at(path), flags)),
      create: (path: string, mode: number, done: Callback) =>
        this.#answer(done, () =>
          inParent(path, (parent, name) => {
            // fuse-native does not pass the flags of the open.
            const made = vfs.create(parent, name, { mode: mode & S_IALLUGO, flags: 2 }, caller);
            return failed(made) ? made : this.files.add(new OpenFile(made.node, made.handle));
          }),
        ),
      read: (_path: string, fd: FileHandle, buffer: Buffer, length: number, offset: number, done: Callback) =>
        this.#read(fd, buffer, length, offset, done),
      write: (_path: string, fd: FileHandle, buffer: Buffer, length: number, offset: number, done: Callback) =>
        this.#count(done, () => this.#write(fd, buffer.subarray(0, length), offset)),
      release: (_path: string, fd: FileHandle, done: Callback) =>
        this.#answer(done, () => {
          this.files.close(fd);
          return undefined;
        }),
      truncate: (path: string, size: number, done: Callback) => this.#answer(done, () => change(path, { size })),
      ftruncate: (path: string, _fd: number, size: number, done: Callback) =>
        this.#answer(done, () => change(path, { size })),
      chmod: (path: string, mode: number, done: Callback) => this.#answer(done, () => change(path, { mode })),
      chown: (path: string, uid: number, gid: number, done: Callback) =>
        this.#answer(done, () => change(path, { ...whenSet('uid', uid), ...whenSet('gid', gid) })),
      utimens: (path: string, atime: number, mtime: number, done: Callback) =>
        this.#answer(done, () => change(path, { atime: nanoseconds(atime), mtime: nanoseconds(mtime) })),
      mknod: (path: string, mode: number, rdev: number, done: Callback) =>
        this.#answer(done, () => inParent(path, (parent, name) => vfs.mknod(parent, name, mode, rdev, caller))),
      mkdir: (path: string, mode: number, done: Callback) =>
        this.#answer(done, () => inParent(path, (parent, name) => vfs.mkdir(parent, name, mode & S_IALLUGO, caller))),
      symlink: (target: string, path: string, done: Callback) =>
        this.#answer(done, () =>
          inParent(path, (parent, name) => vfs.symlink(parent, name, byteString(target), caller)),
        ),
      link: (from: string, path: string, done: Callback) =>
        this.#answer(done, () => {
          const node = at(from);
          return failed(node) ? node : inParent(path, (parent, name) => vfs.link(parent, name, node, caller));
        }),
      unlink: (path: string, done: Callback) =>
        this.#answer(done, () => inParent(path, (parent, name) => vfs.unlink(parent, name, caller))),
      rmdir: (path: string, done: Callback) =>
        this.#answer(done, () => inParent(path, (parent, name) => vfs.rmdir(parent, name, caller))),
      rename: (from: string, to: string, done: Callback) =>
        this.#answer(done, () =>
          inParent(from, (source, name) =>
            inParent(to, (target, newName) => vfs.rename(source, name, target, newName, 0, caller)),
          ),
        ),
      setxattr: (path: string, name: string, value: Buffer, _position: number, flags: number, done: Callback) =>
        this.#answer(done, () => {
          const node = at(path);
          return failed(node) ? node : vfs.setXattr(node, byteString(name), Uint8Array.from(value), flags, caller);
        }),
      getxattr: (path: string, name: string, _position: number, done: Callback) =>
        this.#answer(done, () => {
          const node = at(path);
          const value = failed(node) ? node : vfs.getXattr(node, byteString(name), caller);
          return failed(value) ? value : Buffer.from(value);
        }),
      listxattr: (path: string, done: Callback) =>
        this.#answer(done, () => {
          const node = at(path);
          return failed(node) ? node : vfs.listXattr(node, caller);
        }),
      removexattr: (path: string, name: string, done: Callback) =>
        this.#answer(done, () => {
          const node = at(path);
          return failed(node) ? node : vfs.removeXattr(node, byteString(name), caller);
        }),
    };
  }

  #stat(node: Result<Node>, handle: Handle | undefined): Result<NativeStat> {
    if (failed(node)) return node;
    const attributes = node.attributes(this.#caller);
    return {
      ...attributes,
      size: handle?.size?.() ?? attributes.size,
      ino: node.ino,
      atime: date(attributes.atime),
      mtime: date(attributes.mtime),
      ctime: date(attributes.ctime),
    };
  }

  #names(node: Result<Node>): Result<string[]> {
    const entries = failed(node) ? node : vfs.readEntries(node, this.#caller);
    return failed(entries) ? entries : entries.map(({ name }) => Buffer.from(bytesOf(name)).toString('utf8'));
  }

  #open(node: Result<Node>, flags: number): Result<number> {
    if (failed(node)) return node;
    if (node.kind !== 'file') return E.ENXIO;
    const handle = vfs.open(node, flags, this.#caller);
    return failed(handle) ? handle : this.files.add(new OpenFile(node, handle, (flags & O_NONBLOCK) !== 0));
  }

  #read(fd: FileHandle, buffer: Buffer, length: number, offset: number, done: Callback): void {
    const file = this.files.file(fd);
    const finish = (result: Result<Uint8Array>) =>
      this.#count(done, () => {
        if (failed(result)) return result;
        file?.position?.advance('read', offset, result.length);
        buffer.set(result.subarray(0, length));
        return Math.min(result.length, length);
      });
    this.#count(done, () => {
      if (file === undefined) return E.EBADF;
      const at = { offset: file.position === undefined ? offset : file.position.locate('read', offset) };
      const result = vfs.read(file.handle, length, at, this.#caller);
      if (!(result instanceof Pending)) finish(result);
      else if (file.nonblocking) finish(E.EAGAIN);
      else result.start(finish);
      return undefined;
    });
  }

  #write(fd: FileHandle, data: Buffer, offset: number): Result<number> {
    const file = this.files.file(fd);
    if (file === undefined) return E.EBADF;
    const mayContinue = data.length > PARTIAL_WRITE;
    const at = { offset: file.position === undefined ? offset : file.position.locate('write', offset), mayContinue };
    const count = vfs.write(file.handle, data, at, this.#caller);
    if (!failed(count)) file.position?.advance('write', offset, count, mayContinue);
    return count;
  }

  /** Runs an operation and reports `(0, value)` or `(-errno)`. */
  #answer(done: Callback, run: () => unknown): void {
    const result = this.#guarded(run);
    if (result instanceof Errno) done(-result.number);
    else done(0, result);
  }

  /** Runs a transfer and reports a byte count or `-errno`; `undefined` = reported already. */
  #count(done: Callback, run: () => Result<number> | undefined): void {
    const result = this.#guarded(run);
    if (result instanceof Errno) done(-result.number);
    else if (typeof result === 'number') done(result);
  }

  #guarded<T>(run: () => T): T | Errno {
    try {
      return run();
    } catch (error) {
      this.#onTrace(error instanceof Error ? String(error.stack) : String(error));
      return E.EIO;
    }
  }
}

/** chown leaves an id of -1 alone; it arrives as an unsigned number. */
function whenSet(key: 'uid' | 'gid', id: number): AttributeChange {
  return id === 0xffffffff || id < 0 ? {} : { [key]: id };
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.trunc(milliseconds)) * MILLISECOND;
}

function date(time: bigint): Date {
  return new Date(Number(time / MILLISECOND));
}
