/**
 * Open files by number, as a process has them: descriptors with access mode and position over a mount table.
 *
 * Position rules of fs/read_write.c: a transfer without a position starts at the descriptor's and moves it, unless the file says that its
 * writes do not; one with a position leaves it alone. Callers are given per operation, so a descriptor can be used by another task than
 * the one that opened it.
 */

import { E, type Errno, failed, type Result } from '../../linux/errno.ts';
import { O_APPEND, O_NONBLOCK, opensForReading, opensForWriting } from '../../linux/fcntl.ts';
import type { Caller } from '../tree/caller.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import { type AttributeChange, type Attributes, type Handle, type Node, Pending } from '../tree/node.ts';
import * as operations from '../tree/operations.ts';
import type { MountTable } from './mounts.ts';
import { PathOperations } from './path-operations.ts';

interface Descriptor {
  readonly filesystem: Filesystem;
  readonly node: Node;
  readonly handle: Handle;
  readonly flags: number;
  position: number;
}

export class Session {
  readonly paths: PathOperations;
  readonly #descriptors = new Map<number, Descriptor>();
  readonly #closers = new Set<() => void>();

  constructor(mounts: MountTable) {
    this.paths = new PathOperations(mounts);
  }

  /** @returns the lowest free number from 3. */
  open(path: string, flags: number, mode: number, caller: Caller): Result<number> {
    const opened = this.paths.open(path, flags, mode, caller);
    if (failed(opened)) return opened;
    let number = 3;
    while (this.#descriptors.has(number)) number++;
    this.#descriptors.set(number, { ...opened, flags, position: 0 });
    return number;
  }

  close(number: number): Errno | undefined {
    const descriptor = this.#descriptors.get(number);
    if (descriptor === undefined) return E.EBADF;
    this.#descriptors.delete(number);
    operations.release(descriptor.handle);
    return undefined;
  }

  read(
    number: number,
    length: number,
    position: number | undefined,
    caller: Caller,
  ): Result<Uint8Array> | Pending<Uint8Array> {
    const descriptor = this.#descriptors.get(number);
    if (descriptor === undefined || !opensForReading(descriptor.flags)) return E.EBADF;
    if (position !== undefined && descriptor.handle.seekable === false) return E.ESPIPE;
    const at = { offset: position ?? descriptor.position };
    const moved = (result: Result<Uint8Array>) => {
      if (position === undefined && !failed(result)) descriptor.position += result.length;
      return result;
    };
    const result = operations.read(descriptor.handle, length, at, caller);
    if (!(result instanceof Pending)) return moved(result);
    if ((descriptor.flags & O_NONBLOCK) !== 0) return E.EAGAIN;
    return new Pending((settle) => result.start((late) => settle(moved(late))));
  }

  write(number: number, data: Uint8Array, position: number | undefined, caller: Caller): Result<number> {
    const descriptor = this.#descriptors.get(number);
    if (descriptor === undefined || !opensForWriting(descriptor.flags)) return E.EBADF;
    const { handle, flags, node } = descriptor;
    if (position !== undefined && (handle.seekable === false || handle.positionalWrites === false)) return E.ESPIPE;
    const appends = (flags & O_APPEND) !== 0 && handle.writeMovesPosition;
    const offset = appends ? this.#size(descriptor, caller) : (position ?? descriptor.position);
    const written =
      atOnce(operations.writeLater(handle, data, { offset }, caller)) ??
      operations.write(handle, data, { offset }, caller);
    const moves = position === undefined && handle.writeMovesPosition && node.kind === 'file';
    if (moves && !failed(written)) descriptor.position = offset + written;
    return written;
  }

  closeAll(): void {
    for (const number of [...this.#descriptors.keys()]) this.close(number);
    for (const close of this.#closers) close();
    this.#closers.clear();
  }

  /** `close` ends with the session what is no descriptor: a watcher. @returns a function for when it ended before. */
  endsWith(close: () => void): () => void {
    this.#closers.add(close);
    return () => void this.#closers.delete(close);
  }

  /** Ready events; `wake` is called once when they change. */
  poll(number: number, wake: () => void, caller: Caller): Result<number> {
    const descriptor = this.#descriptors.get(number);
    return descriptor === undefined ? E.EBADF : operations.poll(descriptor.handle, wake, caller);
  }

  /** lseek(SEEK_SET). */
  seek(number: number, position: number): Result<number> {
    const descriptor = this.#descriptors.get(number);
    if (descriptor === undefined) return E.EBADF;
    if (descriptor.handle.seekable === false) return E.ESPIPE;
    if (position < 0) return E.EINVAL;
    descriptor.position = position;
    return position;
  }

  stat(number: number, caller: Caller): Result<{ node: Node; filesystem: Filesystem; attributes: Attributes }> {
    const descriptor = this.#descriptors.get(number);
    if (descriptor === undefined) return E.EBADF;
    const { node, filesystem } = descriptor;
    const attributes = descriptor.node.attributes(caller);
    const size = descriptor.handle.size?.();
    return { node, filesystem, attributes: size === undefined ? attributes : { ...attributes, size } };
  }

  setAttributes(number: number, change: AttributeChange, caller: Caller): Errno | undefined {
    const descriptor = this.#descriptors.get(number);
    if (descriptor === undefined) return E.EBADF;
    if (change.size !== undefined && !opensForWriting(descriptor.flags)) return E.EINVAL;
    return operations.setAttributes(descriptor.node, change, caller);
  }

  /** The node behind a descriptor, for operations that take a node (xattrs). */
  node(number: number): Result<Node> {
    return this.#descriptors.get(number)?.node ?? E.EBADF;
  }

  #size(descriptor: Descriptor, caller: Caller): number {
    return descriptor.handle.size?.() ?? descriptor.node.attributes(caller).size;
  }
}

/** Who calls cannot wait: EAGAIN for what takes something that is not there now. `undefined` = it takes nothing. */
function atOnce(later: Pending<number> | undefined): Result<number> | undefined {
  if (later === undefined) return undefined;
  let result: Result<number> | undefined;
  const started = later.start((settled) => {
    result ??= settled;
  });
  if (result === undefined) started.cancel();
  return result ?? E.EAGAIN;
}
