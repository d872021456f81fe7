/**
 * A filesystem of pseudo-files whose operations are checked by a path-based guard: the same tree, in which opening, making
 * and removing directories, and changing attributes need its permission. Other changes of names are not supported.
 *
 * Lookups and attributes are not guarded: a transport's kernel requests them for its caches, on behalf of an arbitrary caller.
 */

import { type Errno, failed } from '../../linux/errno.ts';
import { S_IFDIR } from '../../linux/stat.ts';
import type { Caller } from './caller.ts';
import type { Filesystem } from './filesystem.ts';
import type { AttributeChange, Directory, FileNode, Node, NodeBase } from './node.ts';
import { type Origin, pathOf } from './origin.ts';
import { sameBase, type Twinning, TwinTree } from './twin.ts';

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

class GuardedTree implements Twinning {
  readonly #guard: Guard;
  readonly #tree: TwinTree;

  constructor(inner: Filesystem, guard: Guard) {
    this.#guard = guard;
    this.#tree = new TwinTree(inner, this);
  }

  get filesystem(): Filesystem {
    return this.#tree.filesystem;
  }

  #existing(node: Node, origin: Origin, caller: Caller): GuardedFile {
    const { mode, uid } = node.attributes(caller);
    return { path: pathOf(origin), mode, uid };
  }

  base(node: Node, origin: Origin): NodeBase {
    const { setAttributes, xattrs } = node;
    return {
      ...sameBase(node),
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

  file(node: FileNode, origin: Origin): Pick<FileNode, 'open'> {
    return {
      open: (flags, caller) =>
        this.#guard.open(this.#existing(node, origin, caller), flags, caller) ?? node.open(flags, caller),
    };
  }

  directory(node: Directory, origin: Origin): ReturnType<Twinning['directory']> {
    const { mkdir, rmdir } = node;
    return {
      openDirectory: (flags, caller) =>
        this.#guard.open(this.#existing(node, origin, caller), flags, caller) ?? node.openDirectory?.(flags, caller),
      ...(mkdir && {
        mkdir: (name, mode, caller) => {
          const made = { path: pathOf({ parent: origin, name }), mode: S_IFDIR, uid: caller.uid };
          const refused = this.#guard.change(made, 'mkdir', caller);
          return refused ?? this.#tree.twin(mkdir.call(node, name, mode, caller), origin, name);
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
