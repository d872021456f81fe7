/**
 * Directories made by the filesystem itself: callers cannot add to them, so create is EACCES and the rest EPERM (operations.ts).
 */

import { E, type Result } from '../../linux/errno.ts';
import { NAME_MAX } from '../../linux/fs.ts';
import { S_IFDIR } from '../../linux/stat.ts';
import type { Caller } from '../tree/caller.ts';
import type { Changes } from '../tree/changes.ts';
import type { Directory, DirectoryEntry, Node } from '../tree/node.ts';
import { type InodeInit, SimpleInode } from './inode.ts';

export interface StaticDirectoryInit extends InodeInit {
  /** Gets every change of entries after construction. */
  readonly changes?: Changes;
  readonly entries?: readonly DirectoryEntry[];
  /** Link count when it is not 2 + number of sub-directories (procfs). */
  readonly nlink?: number;
}

/** A directory with a fixed list of entries, in readdir order, that its owner may replace. */
export class StaticDirectory extends SimpleInode implements Directory {
  readonly kind = 'directory';
  readonly #changes: Changes | undefined;
  readonly #nlink: number | undefined;
  #nodes: ReadonlyMap<string, Node> = new Map();
  #entries: readonly DirectoryEntry[] = [];

  constructor(init: StaticDirectoryInit) {
    super(init, S_IFDIR, 'static');
    this.#changes = init.changes;
    this.#nlink = init.nlink;
    this.#assign(init.entries ?? []);
  }

  lookup(name: string, _caller: Caller): Result<Node> {
    if (name.length > NAME_MAX) return E.ENAMETOOLONG;
    return this.removed ? E.ENOENT : (this.#nodes.get(name) ?? E.ENOENT);
  }

  entries(_caller: Caller): Result<readonly DirectoryEntry[]> {
    return this.removed ? [] : this.#entries;
  }

  /** Replaces all entries at once and announces those whose meaning changed. */
  replace(entries: readonly DirectoryEntry[]): void {
    const before = this.#nodes;
    this.#assign(entries);
    for (const name of new Set([...before.keys(), ...this.#nodes.keys()])) {
      if (before.get(name) !== this.#nodes.get(name)) this.#changes?.entry(this, name);
    }
  }

  /** Adds or replaces one entry; a new one comes last. */
  set(name: string, node: Node): void {
    const known = this.#nodes.has(name);
    const entry = { name, node };
    this.replace(known ? this.#entries.map((e) => (e.name === name ? entry : e)) : [...this.#entries, entry]);
  }

  delete(name: string): void {
    this.replace(this.#entries.filter((entry) => entry.name !== name));
  }

  #assign(entries: readonly DirectoryEntry[]): void {
    this.#nodes = new Map(entries.map((entry) => [entry.name, entry.node]));
    this.#entries = entries;
    const subdirectories = entries.filter((entry) => entry.node.kind === 'directory').length;
    this.updateAttributes({ nlink: this.#nlink ?? 2 + subdirectories });
  }
}

export interface DynamicDirectoryInit extends InodeInit {
  readonly nlink?: number;
  lookup(name: string, caller: Caller): Result<Node>;
  entries(caller: Caller): Result<readonly DirectoryEntry[]>;
}

/** A directory whose entries are computed at each request (/proc/<pid>). */
export class DynamicDirectory extends SimpleInode implements Directory {
  readonly kind = 'directory';
  readonly #init: DynamicDirectoryInit;

  constructor(init: DynamicDirectoryInit) {
    super(init, S_IFDIR, 'dynamic', { nlink: init.nlink ?? 2 });
    this.#init = init;
  }

  lookup(name: string, caller: Caller): Result<Node> {
    return this.removed ? E.ENOENT : this.#init.lookup(name, caller);
  }

  entries(caller: Caller): Result<readonly DirectoryEntry[]> {
    return this.removed ? [] : this.#init.entries(caller);
  }
}
