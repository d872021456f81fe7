/**
 * The nodes of a labelled mount: what the kernel knows files by, each held by an O_PATH descriptor.
 *
 * An inode has one node, whatever its names, as long as the kernel remembers it, which may be for ever. Descriptors are few, so
 * those of nodes that no request is about and that are not open are closed, the longest unused first. Such a node is opened again by
 * its file handle (open_by_handle_at(2)), or by its name where the filesystem has no handles; it must be the same inode then.
 */

import { type NodeId, nodeId, ROOT_ID } from '../../fuse/protocol/ids.ts';
import { STX } from '../../linux/stat.ts';

/** What a thread has found: its descriptor (O_PATH), struct statx, and struct file_handle or nothing. */
export interface FoundFile {
  readonly fd: number;
  readonly statx: DataView;
  readonly handle: Uint8Array;
}

/** Of an inode whose data the kernel passes through (passthrough.ts). */
interface Passing {
  /** As of BACKING_OPEN. */
  readonly id: number;
  /** As whom it reads and writes. */
  readonly fsuid: number;
}

export interface BackedNode {
  readonly id: NodeId;
  /** O_PATH; -1 while it is closed, which it is not for a request that `use`s the node. */
  fd: number;
  readonly key: string;
  /** When the inode was made: its number may be used again while no descriptor holds it. 0 where the filesystem does not say. */
  readonly birth: bigint;
  /** struct file_handle; empty = there is none. */
  readonly handle: Uint8Array;
  /** Times that the kernel was told of it. */
  lookups: number;
  /** Requests about it. */
  uses: number;
  /** Times that it is open. */
  opens: number;
  /** While it is open, and the kernel reads and writes it itself. */
  passing: Passing | undefined;
  /** Where it was found last; the root has none. */
  parent: BackedNode | undefined;
  name: string;
}

const CLOSED = -1;

/** Identifies an inode. @param statx struct statx */
function inodeKey(statx: DataView): string {
  const device = `${statx.getUint32(STX.DEV_MAJOR, true)}:${statx.getUint32(STX.DEV_MINOR, true)}`;
  return `${device} ${statx.getBigUint64(STX.INO, true)}`;
}

function birthOf(statx: DataView): bigint {
  return (statx.getBigInt64(STX.BTIME, true) << 32n) | BigInt(statx.getUint32(STX.BTIME + 8, true));
}

export class BackedNodes {
  readonly root: BackedNode;
  readonly #most: number;
  readonly #byId = new Map<NodeId, BackedNode>();
  readonly #byKey = new Map<string, BackedNode>();
  /** Whose descriptors may be closed, the longest unused first. */
  readonly #idle = new Set<BackedNode>();
  readonly #release: (fd: number) => void;
  #last = Number(ROOT_ID);

  /**
   * @param most descriptors of nodes that are not used.
   * @param release closes a descriptor.
   */
  constructor(root: FoundFile, most: number, release: (fd: number) => void) {
    this.root = newNode(ROOT_ID, root, undefined, '');
    this.#most = most;
    this.#release = release;
    this.#byId.set(ROOT_ID, this.root);
    this.#byKey.set(this.root.key, this.root);
  }

  find(id: NodeId): BackedNode | undefined {
    return this.#byId.get(id);
  }

  /** Counts a lookup. Takes the descriptor over. */
  found(file: FoundFile, parent: BackedNode, name: string): BackedNode {
    const known = this.#byKey.get(inodeKey(file.statx));
    if (known !== undefined && (known.fd >= 0 || known.birth === birthOf(file.statx))) {
      this.#take(known, file.fd);
      known.lookups++;
      // Not where others have moved its new parent into it: the kernel refuses such a directory.
      if (known !== this.root && !isWithin(parent, known)) Object.assign(known, { parent, name });
      return known;
    }
    const node = newNode(nodeId(++this.#last), file, parent, name);
    this.#byId.set(node.id, node);
    this.#byKey.set(node.key, node);
    this.#rest(node);
    return node;
  }

  /** Takes the descriptor over. @returns does it lead to the inode of the node? */
  reopened(node: BackedNode, { fd, statx }: FoundFile): boolean {
    if (inodeKey(statx) === node.key && birthOf(statx) === node.birth) this.#take(node, fd);
    else this.#release(fd);
    return node.fd >= 0;
  }

  /** A request is about it, until it is `unused`. */
  use(node: BackedNode): void {
    node.uses++;
    this.#idle.delete(node);
  }

  unused(node: BackedNode): void {
    node.uses--;
    this.#rest(node);
  }

  /** An unlinked file of some filesystems is found by none of its handles: while it is open its descriptor stays. */
  opened(node: BackedNode): void {
    node.opens++;
    this.#idle.delete(node);
  }

  closed(node: BackedNode): void {
    node.opens--;
    this.#rest(node);
  }

  forget(id: NodeId, count: number): void {
    const node = this.#byId.get(id);
    if (node === undefined || node === this.root) return;
    node.lookups -= count;
    if (node.lookups > 0) return;
    node.opens = 0;
    this.#byId.delete(id);
    if (this.#byKey.get(node.key) === node) this.#byKey.delete(node.key);
    this.#rest(node);
  }

  #take(node: BackedNode, fd: number): void {
    if (node.fd >= 0) this.#release(fd);
    else node.fd = fd;
    this.#rest(node);
  }

  #close(node: BackedNode): void {
    this.#idle.delete(node);
    this.#release(node.fd);
    node.fd = CLOSED;
  }

  /** Was used just now, and may be closed when nothing is about it any more. */
  #rest(node: BackedNode): void {
    if (node === this.root || node.uses > 0 || node.opens > 0 || node.fd < 0) return;
    if (this.#byId.get(node.id) !== node) {
      this.#close(node);
      return;
    }
    this.#idle.delete(node);
    this.#idle.add(node);
    for (const longest of this.#idle) {
      if (this.#idle.size <= this.#most) break;
      this.#close(longest);
    }
  }
}

function newNode(id: NodeId, file: FoundFile, parent: BackedNode | undefined, name: string): BackedNode {
  const { fd, statx, handle } = file;
  const [key, birth] = [inodeKey(statx), birthOf(statx)];
  return { id, fd, key, birth, handle, lookups: 1, uses: 0, opens: 0, passing: undefined, parent, name };
}

function isWithin(node: BackedNode, ancestor: BackedNode): boolean {
  let here: BackedNode | undefined = node;
  while (here !== undefined && here !== ancestor) here = here.parent;
  return here !== undefined;
}

/** From the root of the mount, which is `''`. */
export function pathOfNode(node: BackedNode): string {
  const names: string[] = [];
  for (let here = node; here.parent !== undefined; here = here.parent) names.unshift(here.name);
  return names.join('/');
}
