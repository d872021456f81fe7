/**
 * Wraps filesystems so that every mutating operation on them is reported as an event before it happens.
 *
 * Transports and the facade use the recorded tree (twin.ts) like any other.
 */

import { failed, type Result } from '../../linux/errno.ts';
import { O_TRUNC, opensForWriting } from '../../linux/fcntl.ts';
import type { Caller } from '../tree/caller.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import type { Directory, FileNode, Handle, Node, NodeBase, XattrOperations } from '../tree/node.ts';
import { type Origin, pathOf } from '../tree/origin.ts';
import { sameBase, type Twinning, TwinTree } from '../tree/twin.ts';
import type { VfsEvent } from './events.ts';

type Report = (event: VfsEvent) => void;

export class Recorder {
  readonly #report: Report;
  readonly #wrapped = new WeakMap<Filesystem, Filesystem>();
  #handles = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  /** The recording twin of `filesystem`; the same one each time. */
  wrap(name: string, filesystem: Filesystem): Filesystem {
    let twin = this.#wrapped.get(filesystem);
    if (twin === undefined) {
      twin = new RecordedTree(name, filesystem, this.#report, () => this.#handles++).filesystem;
      this.#wrapped.set(filesystem, twin);
    }
    return twin;
  }
}

class RecordedTree implements Twinning {
  readonly #name: string;
  readonly #report: Report;
  readonly #nextHandle: () => number;
  readonly #tree: TwinTree;

  constructor(name: string, inner: Filesystem, report: Report, nextHandle: () => number) {
    this.#name = name;
    this.#report = report;
    this.#nextHandle = nextHandle;
    this.#tree = new TwinTree(inner, this);
  }

  get filesystem(): Filesystem {
    return this.#tree.filesystem;
  }

  #on(origin: Origin, caller: Caller): { filesystem: string; path: string; caller: Caller } {
    return { filesystem: this.#name, path: pathOf(origin), caller };
  }

  base(node: Node, origin: Origin): NodeBase {
    const { setAttributes, xattrs } = node;
    return {
      ...sameBase(node),
      ...(setAttributes && {
        setAttributes: (change, caller) => {
          this.#report({ kind: 'set_attributes', ...this.#on(origin, caller), change });
          return setAttributes.call(node, change, caller);
        },
      }),
      ...(xattrs && { xattrs: this.#xattrs(xattrs, origin) }),
    };
  }

  #xattrs(xattrs: XattrOperations, origin: Origin): XattrOperations {
    return {
      get: (name, caller) => xattrs.get(name, caller),
      list: (caller) => xattrs.list(caller),
      set: (name, value, flags, caller) => {
        this.#report({ kind: 'setxattr', ...this.#on(origin, caller), name, value: base64(value), flags });
        return xattrs.set(name, value, flags, caller);
      },
      remove: (name, caller) => {
        this.#report({ kind: 'removexattr', ...this.#on(origin, caller), name });
        return xattrs.remove(name, caller);
      },
    };
  }

  file(node: FileNode, origin: Origin): Pick<FileNode, 'open'> {
    return {
      open: (flags, caller) => {
        if (!opensForWriting(flags) && (flags & O_TRUNC) === 0) return node.open(flags, caller);
        const handle = this.#nextHandle();
        this.#report({ kind: 'open', ...this.#on(origin, caller), handle, flags });
        return this.#handle(node.open(flags, caller), handle);
      },
    };
  }

  #handle(inner: Result<Handle>, handle: number): Result<Handle> {
    if (failed(inner)) return inner;
    return {
      writeMovesPosition: inner.writeMovesPosition,
      ...(inner.writeAsks && { writeAsks: inner.writeAsks }),
      ...(inner.read && { read: inner.read.bind(inner) }),
      ...(inner.size && { size: inner.size.bind(inner) }),
      ...(inner.mmap && { mmap: inner.mmap.bind(inner) }),
      ...(inner.poll && { poll: inner.poll.bind(inner) }),
      ...(inner.seekable !== undefined && { seekable: inner.seekable }),
      ...(inner.write && {
        write: (data, at, caller) => {
          this.#report({ kind: 'write', handle, ...at, data: base64(data), caller });
          return inner.write?.(data, at, caller) ?? 0;
        },
      }),
      ...(inner.writeLater && {
        writeLater: (data, at, caller) => {
          const later = inner.writeLater?.(data, at, caller);
          // It is started after this.
          if (later !== undefined) this.#report({ kind: 'write', handle, ...at, data: base64(data), caller });
          return later;
        },
      }),
      release: () => {
        this.#report({ kind: 'release', handle });
        inner.release?.();
      },
    };
  }

  directory(node: Directory, origin: Origin): ReturnType<Twinning['directory']> {
    const { create, mkdir, mknod, symlink, link, unlink, rmdir, rename } = node;
    const twin = <N extends Node>(made: Result<N>, name: string): Result<N> => this.#tree.twin(made, origin, name);
    const named = (name: string, caller: Caller) => ({ ...this.#on(origin, caller), name });
    return {
      ...(node.openDirectory && { openDirectory: node.openDirectory.bind(node) }),
      ...(create && {
        create: (name, request, caller) => {
          const number = this.#nextHandle();
          const { flags, mode } = request;
          this.#report({ kind: 'create', ...named(name, caller), handle: number, flags, mode });
          const made = create.call(node, name, request, caller);
          if (failed(made)) return made;
          const handle = this.#handle(made.handle, number);
          return failed(handle) ? handle : { node: this.#tree.twinOf(made.node, origin, name), handle };
        },
      }),
      ...(mkdir && {
        mkdir: (name, mode, caller) => {
          this.#report({ kind: 'mkdir', ...named(name, caller), mode });
          return twin(mkdir.call(node, name, mode, caller), name);
        },
      }),
      ...(mknod && {
        mknod: (name, mode, rdev, caller) => {
          this.#report({ kind: 'mknod', ...named(name, caller), mode, rdev });
          return twin(mknod.call(node, name, mode, rdev, caller), name);
        },
      }),
      ...(symlink && {
        symlink: (name, target, caller) => {
          this.#report({ kind: 'symlink', ...named(name, caller), target });
          return twin(symlink.call(node, name, target, caller), name);
        },
      }),
      ...(link && {
        link: (name, existing, caller) => {
          const original = this.#tree.original(existing);
          const from = this.#tree.originOf(original);
          this.#report({ kind: 'link', ...named(name, caller), existing: from === undefined ? '' : pathOf(from) });
          return link.call(node, name, original, caller);
        },
      }),
      ...(unlink && {
        unlink: (name, caller) => {
          this.#report({ kind: 'unlink', ...named(name, caller) });
          return unlink.call(node, name, caller);
        },
      }),
      ...(rmdir && {
        rmdir: (name, caller) => {
          this.#report({ kind: 'rmdir', ...named(name, caller) });
          return rmdir.call(node, name, caller);
        },
      }),
      ...(rename && {
        rename: (name, target, newName, flags, caller) => {
          const to = this.#tree.original(target);
          const toOrigin = this.#tree.originOf(to) ?? origin;
          const moved = node.lookup(name, caller);
          const swapped = to.lookup(newName, caller);
          this.#report({ kind: 'rename', ...named(name, caller), to: pathOf(toOrigin), newName, flags });
          const error = rename.call(node, name, to, newName, flags, caller);
          if (error === undefined) {
            this.#tree.moved(swapped, origin, name);
            this.#tree.moved(moved, toOrigin, newName);
          }
          return error;
        },
      }),
    };
  }
}

function base64(data: Uint8Array): string {
  return Buffer.from(data).toString('base64');
}
