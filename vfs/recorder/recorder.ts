/**
 * Wraps filesystems so that every mutating operation on them is reported as an event before it happens.
 *
 * The wrapped tree has the same inode numbers, attributes and answers; transports and the facade use it like any other. A wrapper knows
 * where it was found (parent and name), which is how events get their paths.
 */

import { failed, type Result } from '../../linux/errno.ts';
import { O_TRUNC, opensForWriting } from '../../linux/fcntl.ts';
import type { Caller } from '../tree/caller.ts';
import { Changes } from '../tree/changes.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import type { Directory, FileNode, Handle, Node, Symlink, XattrOperations } from '../tree/node.ts';
import { type Origin, pathOf } from '../tree/origin.ts';
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

class RecordedTree {
  readonly filesystem: Filesystem;
  readonly #name: string;
  readonly #report: Report;
  readonly #nextHandle: () => number;
  /** Both ways between nodes and their wrappers, so that identity is kept. */
  readonly #wrappers = new WeakMap<Node, Node>();
  readonly #originals = new WeakMap<Node, Node>();
  readonly #origins = new WeakMap<Node, Origin>();

  constructor(name: string, inner: Filesystem, report: Report, nextHandle: () => number) {
    this.#name = name;
    this.#report = report;
    this.#nextHandle = nextHandle;
    const changes = new Changes();
    const root = this.#directory(inner.root, { parent: undefined, name: '' });
    this.#remember(inner.root, root, { parent: undefined, name: '' });
    const { root: _root, changes: _changes, ...facts } = inner;
    this.filesystem = { ...facts, root, changes };
    inner.changes.subscribe({
      entry: (directory, entry) => {
        const wrapper = this.#wrappers.get(directory);
        if (wrapper?.kind === 'directory') changes.entry(wrapper, entry);
      },
      content: (file, data) => {
        const wrapper = this.#wrappers.get(file);
        if (wrapper?.kind === 'file') changes.content(wrapper, data);
      },
      attributes: (node) => {
        const wrapper = this.#wrappers.get(node);
        if (wrapper !== undefined) changes.attributes(wrapper);
      },
    });
  }

  #remember(node: Node, wrapper: Node, origin: Origin): void {
    this.#wrappers.set(node, wrapper);
    this.#originals.set(wrapper, node);
    this.#origins.set(node, origin);
  }

  #wrap<N extends Node>(node: N, parent: Origin, name: string): N {
    const known = this.#wrappers.get(node);
    if (known !== undefined) return known as N;
    const origin = { parent, name };
    const wrapper = this.#make(node, origin);
    this.#remember(node, wrapper, origin);
    return wrapper as N;
  }

  #make(node: Node, origin: Origin): Node {
    if (node.kind === 'directory') return this.#directory(node, origin);
    if (node.kind === 'file') return this.#file(node, origin);
    if (node.kind === 'device') return { kind: 'device', ...this.#base(node, origin) };
    return { kind: 'symlink', readlink: (caller) => node.readlink(caller), ...this.#base(node, origin) };
  }

  #on(origin: Origin, caller: Caller): { filesystem: string; path: string; caller: Caller } {
    return { filesystem: this.#name, path: pathOf(origin), caller };
  }

  /** Members of all kinds of nodes. An operation that the node lacks is absent in its wrapper, too. */
  #base(node: Node, origin: Origin): Omit<Symlink, 'kind' | 'readlink'> {
    const { setAttributes, permission, xattrs } = node;
    return {
      ino: node.ino,
      cache: node.cache,
      keepsAttributes: node.keepsAttributes === true,
      attributes: (caller) => node.attributes(caller),
      ...(permission && { permission: permission.bind(node) }),
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

  #file(node: FileNode, origin: Origin): FileNode {
    return {
      kind: 'file',
      ...this.#base(node, origin),
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

  #directory(node: Directory, origin: Origin): Directory {
    const { create, mkdir, mknod, symlink, link, unlink, rmdir, rename } = node;
    const wrapped = <N extends Node>(made: Result<N>, name: string): Result<N> =>
      failed(made) ? made : this.#wrap(made, origin, name);
    const named = (name: string, caller: Caller) => ({ ...this.#on(origin, caller), name });
    return {
      kind: 'directory',
      ...this.#base(node, origin),
      ...(node.openDirectory && { openDirectory: node.openDirectory.bind(node) }),
      lookup: (name, caller) => wrapped(node.lookup(name, caller), name),
      entries: (caller) => {
        const entries = node.entries(caller);
        if (failed(entries)) return entries;
        return entries.map((entry) => ({ name: entry.name, node: this.#wrap(entry.node, origin, entry.name) }));
      },
      ...(create && {
        create: (name, request, caller) => {
          const number = this.#nextHandle();
          const { flags, mode } = request;
          this.#report({ kind: 'create', ...named(name, caller), handle: number, flags, mode });
          const made = create.call(node, name, request, caller);
          if (failed(made)) return made;
          const handle = this.#handle(made.handle, number);
          return failed(handle) ? handle : { node: this.#wrap(made.node, origin, name), handle };
        },
      }),
      ...(mkdir && {
        mkdir: (name, mode, caller) => {
          this.#report({ kind: 'mkdir', ...named(name, caller), mode });
          return wrapped(mkdir.call(node, name, mode, caller), name);
        },
      }),
      ...(mknod && {
        mknod: (name, mode, rdev, caller) => {
          this.#report({ kind: 'mknod', ...named(name, caller), mode, rdev });
          return wrapped(mknod.call(node, name, mode, rdev, caller), name);
        },
      }),
      ...(symlink && {
        symlink: (name, target, caller) => {
          this.#report({ kind: 'symlink', ...named(name, caller), target });
          return wrapped(symlink.call(node, name, target, caller), name);
        },
      }),
      ...(link && {
        link: (name, existing, caller) => {
          const original = this.#original(existing);
          const from = this.#origins.get(original);
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
          const to = this.#original(target);
          const toOrigin = this.#origins.get(to) ?? origin;
          const moved = node.lookup(name, caller);
          const swapped = to.lookup(newName, caller);
          this.#report({ kind: 'rename', ...named(name, caller), to: pathOf(toOrigin), newName, flags });
          const error = rename.call(node, name, to, newName, flags, caller);
          if (error === undefined) {
            this.#moved(swapped, origin, name);
            this.#moved(moved, toOrigin, newName);
          }
          return error;
        },
      }),
    };
  }

  #original<N extends Node>(wrapper: N): N {
    return (this.#originals.get(wrapper) as N | undefined) ?? wrapper;
  }

  #moved(node: Result<Node>, parent: Origin, name: string): void {
    const origin = failed(node) ? undefined : this.#origins.get(node);
    if (origin === undefined) return;
    origin.parent = parent;
    origin.name = name;
  }
}

function base64(data: Uint8Array): string {
  return Buffer.from(data).toString('base64');
}
