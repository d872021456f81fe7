/**
 * Path resolution with the kernel's rules and permission checks (fs/namei.c), for users of a tree without FUSE.
 *
 * Paths are byte strings (bytes.ts). Nodes do not know their parents, so a walk keeps the chain of places it came through; `..` goes back
 * along it. Symbolic links are followed on the way, and at the end if asked.
 */

import { E, failed, type Result } from '../../linux/errno.ts';
import { MAY_EXEC, NAME_MAX, PATH_MAX } from '../../linux/fs.ts';
import type { Caller } from '../tree/caller.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import type { Directory, Node, Symlink } from '../tree/node.ts';
import * as operations from '../tree/operations.ts';
import { modeAllows } from '../tree/permission.ts';
import type { MountTable } from './mounts.ts';

/** This many links may be followed in one resolution. */
const MAX_SYMLINKS = 40;

/** A node and the way to it. */
export interface Place<N extends Node = Node> {
  readonly node: N;
  readonly filesystem: Filesystem;
  /** Canonical path. */
  readonly path: string;
  /** The place of the containing directory; the root has none. */
  readonly parent: Place<Directory> | undefined;
}

/** A path resolved up to its last component. */
export interface LastComponent {
  readonly directory: Place<Directory>;
  /** `.` and `..` are possible; `/` when the path has no component at all. */
  readonly name: string;
  readonly trailingSlash: boolean;
}

export function isOrdinaryName(name: string): boolean {
  return name !== '.' && name !== '..' && name !== '/';
}

export class Walk {
  readonly #mounts: MountTable;
  readonly #caller: Caller;
  #links = 0;

  constructor(mounts: MountTable, caller: Caller) {
    this.#mounts = mounts;
    this.#caller = caller;
  }

  /** The node that `path` names. `follow`: whether a symlink at the end is followed. */
  resolve(path: string, follow: boolean): Result<Place> {
    const last = this.parent(path);
    return failed(last) ? last : this.last(last, follow);
  }

  /** Everything but the last component of `path`. */
  parent(path: string): Result<LastComponent> {
    return this.#parent(this.#root(), path);
  }

  /** The last step of a resolution. */
  last(last: LastComponent, follow: boolean): Result<Place> {
    const place = this.#step(last.directory, last.name, follow || last.trailingSlash);
    if (failed(place) || !last.trailingSlash || place.node.kind === 'directory') return place;
    return E.ENOTDIR;
  }

  /** Where a symlink in `directory` leads to, up to the last component of its target; counts against ELOOP. */
  followLink(directory: Place<Directory>, link: Symlink): Result<LastComponent> {
    if (this.#links++ >= MAX_SYMLINKS) return E.ELOOP;
    const target = operations.readlink(link, this.#caller);
    return failed(target) ? target : this.#parent(directory, target);
  }

  #root(): Place<Directory> {
    const filesystem = this.#mounts.root;
    return { node: filesystem.root, filesystem, path: '/', parent: undefined };
  }

  #parent(start: Place<Directory>, path: string): Result<LastComponent> {
    if (path.length === 0) return E.ENOENT;
    if (path.length >= PATH_MAX) return E.ENAMETOOLONG;
    let directory = path.startsWith('/') ? this.#root() : start;
    const components = path.split('/').filter((component) => component !== '');
    const name = components.pop();
    for (const component of components) {
      const next = this.#step(directory, component, true);
      if (failed(next)) return next;
      if (!isDirectory(next)) return E.ENOTDIR;
      directory = next;
    }
    // The directory of the last component must be searchable even if that component is never looked up.
    if (name === undefined) return { directory, name: '/', trailingSlash: false };
    if (!this.#searchable(directory)) return E.EACCES;
    return { directory, name, trailingSlash: path.endsWith('/') };
  }

  #searchable(directory: Place<Directory>): boolean {
    return modeAllows(directory.node.attributes(this.#caller), MAY_EXEC, this.#caller);
  }

  #step(directory: Place<Directory>, name: string, follow: boolean): Result<Place> {
    if (name === '/') return directory;
    if (!this.#searchable(directory)) return E.EACCES;
    if (name === '.') return directory;
    if (name === '..') return directory.parent ?? directory;
    if (name.length > NAME_MAX) return E.ENAMETOOLONG;
    const node = operations.lookup(directory.node, name, this.#caller);
    if (failed(node)) return node;
    if (node.kind === 'symlink' && follow) {
      const target = this.followLink(directory, node);
      return failed(target) ? target : this.last(target, true);
    }
    return this.#place(directory, name, node);
  }

  /** The node at `name`, or the root of the filesystem that is mounted on it. */
  #place(parent: Place<Directory>, name: string, node: Node): Place {
    const path = parent.path === '/' ? `/${name}` : `${parent.path}/${name}`;
    const mounted = this.#mounts.at(path);
    return mounted === undefined
      ? { node, filesystem: parent.filesystem, path, parent }
      : { node: mounted.root, filesystem: mounted, path, parent };
  }
}

export function isDirectory(place: Place): place is Place<Directory> {
  return place.node.kind === 'directory';
}
