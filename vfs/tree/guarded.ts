/**
 * A filesystem of pseudo-files whose operations are checked by a path-based guard: the same tree, in which opening, making
 * and removing directories, and changing attributes need its permission. Other changes of names are not supported.
 *
 * Nodes do not know their paths, so each is wrapped where it is found first. Lookups and attributes are not guarded: a transport's kernel
 * requests them for its caches, on behalf of an arbitrary caller.
 */

import { type Errno, failed, type Result } from '../../linux/errno.ts';
import { S_IFDIR } from '../../linux/stat.ts';
import type { Caller } from './caller.ts';
import { Changes } from './changes.ts';
import type { Filesystem } from './filesystem.ts';
import type { AttributeChange, Directory, FileNode, Node } from './node.ts';
import { type Origin, pathOf } from './origin.ts';

/** The operation. */
export type PathChange = 'mkdir' | 'rmdir' | 'truncate' | 'chmod' | 'chown';

/** The file that is made, removed or changed. */
export interface GuardedFile {
  /** From the root of the filesystem, which is `''`: no leading slash. */
  readonly path: string;
  /** `st_mode`; of a new name, its type alone. */
  readonly mode: number;
  /** Owner; of a new name, the caller. */
  readonly uid: number;
}

export interface Guard {
  /** `flags` as in open(2); directories are opened too. */
  open(file: GuardedFile, flags: number, caller: Caller): Errno | undefined;
  change(file: GuardedFile, change: PathChange, caller: Caller): Errno | undefined;
}

export function guarded(inner: Filesystem, guard: Guard): Filesystem {
  return new GuardedTree(inner, guard).filesystem;
}

class GuardedTree {
  readonly filesystem: Filesystem;
  readonly #guard: Guard;
  readonly #wrappers = new WeakMap<Node, Node>();

  constructor(inner: Filesystem, guard: Guard) {
    this.#guard = guard;
    const changes = new Changes();
    const root = this.#remember(inner.root, this.#directory(inner.root, { parent: undefined, name: '' }));
    this.filesystem = { ...inner, root, changes };
    inner.changes.subscribe({
      entry: (directory, name) => {
        const wrapper = this.#wrappers.get(directory);
        if (wrapper?.kind === 'directory') changes.entry(wrapper, name);
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

  #remember<N extends Node>(node: N, wrapper: N): N {
    this.#wrappers.set(node, wrapper);
    return wrapper;
  }

  #wrap<N extends Node>(node: N, parent: Origin, name: string): N {
    const known = this.#wrappers.get(node);
    return (known as N | undefined) ?? this.#remember(node, this.#make(node, { parent, name }) as N);
  }

  #make(node: Node, origin: Origin): Node {
    if (node.kind === 'directory') return this.#directory(node, origin);
    if (node.kind === 'file') return this.#file(node, origin);
    if (node.kind === 'device') return { kind: 'device', ...this.#base(node, origin) };
    return { kind: 'symlink', readlink: (caller) => node.readlink(caller), ...this.#base(node, origin) };
  }

  #existing(node: Node, origin: Origin, caller: Caller): GuardedFile {
    const { mode, uid } = node.attributes(caller);
    return { path: pathOf(origin), mode, uid };
  }

  /** Members of all kinds of nodes. An operation that the node lacks is absent in its wrapper, too. */
  #base(node: Node, origin: Origin) {
    const { setAttributes, permission, xattrs } = node;
    return {
      ino: node.ino,
      cache: node.cache,
      keepsAttributes: node.keepsAttributes === true,
      attributes: (caller: Caller) => node.attributes(caller),
      ...(permission && { permission: permission.bind(node) }),
      ...(xattrs && { xattrs }),
      ...(setAttributes && {
        setAttributes: (change: AttributeChange, caller: Caller) =>
          this.#attributesRefused(node, origin, change, caller) ?? setAttributes.call(node, change, caller),
      }),
    };
  }

  #attributesRefused(node: Node, origin: Origin, change: AttributeChange, caller: Caller): Errno | undefined {
    const kind = changeOf(change);
    return kind && this.#guard.change(this.#existing(node, origin, caller), kind, caller);
  }

  #file(node: FileNode, origin: Origin): FileNode {
    return {
      kind: 'file',
      ...this.#base(node, origin),
      ...(node.mappableSize !== undefined && { mappableSize: node.mappableSize }),
      open: (flags, caller) =>
        this.#guard.open(this.#existing(node, origin, caller), flags, caller) ?? node.open(flags, caller),
    };
  }

  #directory(node: Directory, origin: Origin): Directory {
    const { mkdir, rmdir } = node;
    const wrapped = <N extends Node>(found: Result<N>, name: string): Result<N> =>
      failed(found) ? found : this.#wrap(found, origin, name);
    return {
      kind: 'directory',
      ...this.#base(node, origin),
      openDirectory: (flags, caller) =>
        this.#guard.open(this.#existing(node, origin, caller), flags, caller) ?? node.openDirectory?.(flags, caller),
      lookup: (name, caller) => wrapped(node.lookup(name, caller), name),
      entries: (caller) => {
        const entries = node.entries(caller);
        if (failed(entries)) return entries;
        return entries.map((entry) => ({ name: entry.name, node: this.#wrap(entry.node, origin, entry.name) }));
      },
      ...(mkdir && {
        mkdir: (name, mode, caller) => {
          const made = { path: pathOf({ parent: origin, name }), mode: S_IFDIR, uid: caller.uid };
          const refused = this.#guard.change(made, 'mkdir', caller);
          return refused ?? wrapped(mkdir.call(node, name, mode, caller), name);
        },
      }),
      ...(rmdir && {
        rmdir: (name, caller) => {
          const found = node.lookup(name, caller);
          const refused = failed(found)
            ? undefined
            : this.#guard.change(this.#existing(found, { parent: origin, name }, caller), 'rmdir', caller);
          return refused ?? rmdir.call(node, name, caller);
        },
      }),
    };
  }
}

/** Changes of times are not guarded. */
function changeOf({ size, mode, uid, gid }: AttributeChange): PathChange | undefined {
  if (size !== undefined) return 'truncate';
  if (mode !== undefined) return 'chmod';
  return uid === undefined && gid === undefined ? undefined : 'chown';
}
