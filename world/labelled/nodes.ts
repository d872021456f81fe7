/**
 * The nodes of a labelled mount: what the kernel knows files by, each held by an O_PATH descriptor.
 *
 * An inode has one node, whatever its names, as long as the kernel remembers it; while it is held its number is not used again.
 */

import { type NodeId, nodeId, ROOT_ID } from '../../fuse/protocol/ids.ts';
import { STX } from '../../linux/stat.ts';

export interface BackedNode {
  readonly id: NodeId;
  /** O_PATH */
  readonly fd: number;
  readonly key: string;
  /** Times that the kernel was told of it. */
  lookups: number;
  /** Where it was found last; the root has none. */
  parent: BackedNode | undefined;
  name: string;
}

/** Identifies an inode. @param statx struct statx */
export function inodeKey(statx: DataView): string {
  const device = `${statx.getUint32(STX.DEV_MAJOR, true)}:${statx.getUint32(STX.DEV_MINOR, true)}`;
  return `${device} ${statx.getBigUint64(STX.INO, true)}`;
}

export class BackedNodes {
  readonly root: BackedNode;
  readonly #byId = new Map<NodeId, BackedNode>();
  readonly #byKey = new Map<string, BackedNode>();
  readonly #release: (fd: number) => void;
  #last = Number(ROOT_ID);

  /** @param release closes a descriptor. */
  constructor(rootFd: number, rootKey: string, release: (fd: number) => void) {
    this.root = { id: ROOT_ID, fd: rootFd, key: rootKey, lookups: 1, parent: undefined, name: '' };
    this.#release = release;
    this.#byId.set(ROOT_ID, this.root);
    this.#byKey.set(rootKey, this.root);
  }

  find(id: NodeId): BackedNode | undefined {
    return this.#byId.get(id);
  }

  /** Counts a lookup. Takes the descriptor over. */
  found(fd: number, key: string, parent: BackedNode, name: string): BackedNode {
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      this.#release(fd);
      known.lookups++;
      if (known !== this.root) Object.assign(known, { parent, name });
      return known;
    }
    const node: BackedNode = { id: nodeId(++this.#last), fd, key, lookups: 1, parent, name };
    this.#byId.set(node.id, node);
    this.#byKey.set(key, node);
    return node;
  }

  forget(id: NodeId, count: number): void {
    const node = this.#byId.get(id);
    if (node === undefined || node === this.root) return;
    node.lookups -= count;
    if (node.lookups > 0) return;
    this.#byId.delete(id);
    this.#byKey.delete(node.key);
    this.#release(node.fd);
  }
}

/** From the root of the mount, which is `''`. */
export function pathOfNode(node: BackedNode): string {
  const names: string[] = [];
  for (let here = node; here.parent !== undefined; here = here.parent) names.unshift(here.name);
  return names.join('/');
}
