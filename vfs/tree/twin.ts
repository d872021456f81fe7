/**
 * A tree of nodes that stand for those of another one, for what has to do something at each operation: check it (guarded.ts), or report it
 * (recorder.ts). Inode numbers, attributes and answers are the same.
 *
 * Nodes do not know their paths, so a twin is made where its node is found first, and lasts as long as the node.
 */
import { failed, type Result } from '../../linux/errno.ts';
import { Changes } from './changes.ts';
import type { Filesystem } from './filesystem.ts';
import type { Directory, FileNode, Node, NodeBase } from './node.ts';
import type { Origin } from './origin.ts';

/** What becomes of a node. An operation that it lacks must be absent in its twin, too. */
export interface Twinning {
  /** Its names are found by the tree. */
  directory(node: Directory, origin: Origin): Omit<Directory, 'kind' | 'lookup' | 'entries' | keyof NodeBase>;
  file(node: FileNode, origin: Origin): Pick<FileNode, 'open'>;
  /** Members of all kinds of nodes. */
  base(node: Node, origin: Origin): NodeBase;
}

export class TwinTree {
  readonly filesystem: Filesystem;
  readonly #twinning: Twinning;
  readonly #twins = new WeakMap<Node, Node>();
  readonly #originals = new WeakMap<Node, Node>();
  readonly #origins = new WeakMap<Node, Origin>();

  constructor(inner: Filesystem, twinning: Twinning) {
    this.#twinning = twinning;
    const changes = new Changes();
    const origin: Origin = { parent: undefined, name: '' };
    const root = this.#directory(inner.root, origin);
    this.#remember(inner.root, root, origin);
    this.filesystem = { ...inner, root, changes };
    inner.changes.subscribe({
      entry: (directory, name) => {
        const twin = this.#twins.get(directory);
        if (twin?.kind === 'directory') changes.entry(twin, name);
      },
      content: (file, data) => {
        const twin = this.#twins.get(file);
        if (twin?.kind === 'file') changes.content(twin, data);
      },
      attributes: (node) => {
        const twin = this.#twins.get(node);
        if (twin !== undefined) changes.attributes(twin);
      },
    });
  }

  /** The twin of a node that was found or made under this name; an error stays what it is. */
  twin<N extends Node>(found: Result<N>, parent: Origin, name: string): Result<N> {
    return failed(found) ? found : this.twinOf(found, parent, name);
  }

  twinOf<N extends Node>(node: N, parent: Origin, name: string): N {
    const known = this.#twins.get(node);
    if (known !== undefined) return known as N;
    const origin = { parent, name };
    const twin = this.#make(node, origin);
    this.#remember(node, twin, origin);
    return twin as N;
  }

  /** What a twin stands for; a node of another tree is itself. */
  original<N extends Node>(twin: N): N {
    return (this.#originals.get(twin) as N | undefined) ?? twin;
  }

  /** Where a node was found. */
  originOf(node: Node): Origin | undefined {
    return this.#origins.get(node);
  }

  /** The node has another name from now on. */
  moved(node: Result<Node>, parent: Origin, name: string): void {
    const origin = failed(node) ? undefined : this.#origins.get(node);
    if (origin === undefined) return;
    origin.parent = parent;
    origin.name = name;
  }

  #remember(node: Node, twin: Node, origin: Origin): void {
    this.#twins.set(node, twin);
    this.#originals.set(twin, node);
    this.#origins.set(node, origin);
  }

  #directory(node: Directory, origin: Origin): Directory {
    return {
      kind: 'directory',
      ...this.#twinning.base(node, origin),
      ...this.#twinning.directory(node, origin),
      lookup: (name, caller) => this.twin(node.lookup(name, caller), origin, name),
      entries: (caller) => {
        const entries = node.entries(caller);
        if (failed(entries)) return entries;
        return entries.map((entry) => ({ name: entry.name, node: this.twinOf(entry.node, origin, entry.name) }));
      },
    };
  }

  #make(node: Node, origin: Origin): Node {
    if (node.kind === 'directory') return this.#directory(node, origin);
    const base = this.#twinning.base(node, origin);
    if (node.kind === 'device') return { kind: 'device', ...base };
    if (node.kind === 'symlink') return { kind: 'symlink', readlink: (caller) => node.readlink(caller), ...base };
    const { mappableSize } = node;
    return {
      kind: 'file',
      ...base,
      ...(mappableSize !== undefined && { mappableSize }),
      ...this.#twinning.file(node, origin),
    };
  }
}

/** Members of a twin that are those of its node. */
export function sameBase(node: Node): Omit<NodeBase, 'setAttributes' | 'xattrs'> {
  const { permission } = node;
  return {
    ino: node.ino,
    cache: node.cache,
    keepsAttributes: node.keepsAttributes === true,
    attributes: (caller) => node.attributes(caller),
    ...(permission && { permission: permission.bind(node) }),
  };
}
