/**
 * State that all nodes of one labelled tree share: the backend, the store, and the node object of each inode.
 */

import { failed, type Result } from '../../linux/errno.ts';
import { S_IALLUGO, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../linux/stat.ts';
import type { Attributes, Node } from '../tree/node.ts';
import { type Origin, pathOf } from '../tree/origin.ts';
import { attempt, type Backend, type BackendStats } from './backend.ts';
import { NO_MODULES, type TreeSecurity } from './security.ts';
import type { LabelStore, StoredFile } from './store.ts';

export interface LabelledTreeOptions {
  readonly backend: Backend;
  readonly store: LabelStore;
  /** Directory of the backend that is the root of the tree (byte string). */
  readonly root: string;
  /** Default: no module decides. */
  readonly security?: TreeSecurity;
}

/** A node as the tree keeps it: the origin is refreshed by every lookup. */
export interface Kept<N extends Node = Node> {
  readonly node: N;
  readonly origin: Origin;
}

export class Tree {
  readonly backend: Backend;
  readonly store: LabelStore;
  readonly options: LabelledTreeOptions;
  readonly security: TreeSecurity;
  /** By inode number; see LabelledFacts. They count changes, because two within one tick of the clock have the same time. */
  readonly #versions = new Map<number, number>();
  readonly #contentVersions = new Map<number, number>();
  readonly #generations = new Map<number, number>();
  readonly #kept = new Map<number, WeakRef<Kept>>();
  /** The kept record lives as long as its node. */
  readonly #ofNode = new WeakMap<Node, Kept>();
  readonly #gone = new FinalizationRegistry<number>((ino) => {
    if (this.#kept.get(ino)?.deref() === undefined) this.#kept.delete(ino);
  });

  constructor(options: LabelledTreeOptions) {
    this.options = options;
    this.backend = options.backend;
    this.store = options.store;
    this.security = options.security ?? NO_MODULES;
  }

  /** Byte-string path in the backend. */
  path(origin: Origin): string {
    const inside = pathOf(origin);
    return inside === '' ? this.options.root : `${this.options.root.replace(/\/$/, '')}/${inside}`;
  }

  bytes(origin: Origin): Buffer {
    return Buffer.from(this.path(origin), 'latin1');
  }

  stat(origin: Origin): Result<BackendStats> {
    return attempt(() => this.backend.lstatSync(this.bytes(origin), { bigint: true }));
  }

  file(ino: number, origin: Origin): StoredFile {
    return { ino, path: this.path(origin) };
  }

  /** The node of this inode, made by `make` unless it is known; its origin becomes the one given. */
  keep<N extends Node>(stats: BackendStats, origin: Origin, make: (ino: number, origin: Origin) => N): N {
    const ino = inodeNumber(stats);
    const known = this.#kept.get(ino)?.deref() as Kept<N> | undefined;
    if (known !== undefined && known.node.kind === kindOf(stats)) {
      known.origin.parent = origin.parent;
      known.origin.name = origin.name;
      return known.node;
    }
    const kept = { node: make(ino, origin), origin };
    this.#kept.set(ino, new WeakRef(kept));
    this.#ofNode.set(kept.node, kept);
    this.#gone.register(kept, ino);
    return kept.node;
  }

  /** The object was removed: forgets its labels, because the inode number may be reused. */
  forget(ino: number, origin: Origin): void {
    this.store.forget(this.file(ino, origin));
    this.#kept.delete(ino);
    this.#generations.set(ino, this.generation(ino) + 1);
  }

  generation(ino: number): number {
    return this.#generations.get(ino) ?? 0;
  }

  version(ino: number): number {
    return this.#versions.get(ino) ?? 0;
  }

  contentVersion(ino: number): number {
    return this.#contentVersions.get(ino) ?? 0;
  }

  changed(ino: number, content: boolean): void {
    const version = this.version(ino) + 1;
    this.#versions.set(ino, version);
    if (content) this.#contentVersions.set(ino, version);
  }

  origin(node: Node): Origin | undefined {
    return this.#ofNode.get(node)?.origin;
  }

  attributes(stats: BackendStats, origin: Origin): Attributes {
    const owner = this.store.ownership?.get(this.file(inodeNumber(stats), origin));
    const mode = Number(stats.mode);
    return {
      mode: owner === undefined ? mode : (mode & S_IFMT) | (owner.mode & S_IALLUGO),
      uid: owner?.uid ?? Number(stats.uid),
      gid: owner?.gid ?? Number(stats.gid),
      size: Number(stats.size),
      nlink: Number(stats.nlink),
      rdev: Number(stats.rdev),
      atime: stats.atimeNs,
      mtime: stats.mtimeNs,
      ctime: stats.ctimeNs,
    };
  }
}

/** Numbers of 2^52 and more (rare: some 64-bit filesystems) are folded. */
export function inodeNumber(stats: BackendStats): number {
  return Number(BigInt.asUintN(52, stats.ino));
}

const KINDS: ReadonlyMap<number, Node['kind']> = new Map([
  [S_IFDIR, 'directory'],
  [S_IFREG, 'file'],
  [S_IFLNK, 'symlink'],
]);

/** Devices, sockets and FIFOs have attributes only: the kernel opens them itself. */
export function kindOf(stats: BackendStats): Node['kind'] {
  return KINDS.get(Number(stats.mode) & S_IFMT) ?? 'device';
}

export function isSame(stats: Result<BackendStats>, ino: number): stats is BackendStats {
  return !failed(stats) && inodeNumber(stats) === ino;
}
