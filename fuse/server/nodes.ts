/**
 * The nodes that the kernel knows of: node id <-> vfs node, with the kernel's lookup counts.
 *
 * Every entry handed out (LOOKUP, CREATE, READDIRPLUS, ...) adds one lookup; FORGET takes them back, and at zero the number is free to be
 * dropped. Numbers are never reused in a connection, so a generation is not needed. A node is recognised by object identity: a tree that
 * makes a new object for each lookup gets a new number each time.
 */
import type { Node } from '../../vfs/tree/node.ts';
import { type NodeId, nodeId, ROOT_ID } from '../protocol/ids.ts';

interface NumberedNode {
  readonly id: NodeId;
  readonly node: Node;
  /** Where it was found first: the `..` of a directory. */
  readonly parentId: NodeId;
  lookups: number;
  /** Its last known name, as a key of the name index. */
  place: string | undefined;
}

export class NodeTable {
  readonly #byId = new Map<NodeId, NumberedNode>();
  readonly #byNode = new Map<Node, NumberedNode>();
  /** Which node the kernel knows under a name in a directory. */
  readonly #byPlace = new Map<string, NumberedNode>();
  #next: number = ROOT_ID;

  constructor(root: Node) {
    this.remember(root, ROOT_ID);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Counts one lookup, under `name` where that is known. @returns the node id. */
  remember(node: Node, parentId: NodeId, name?: string): NodeId {
    let known = this.#byNode.get(node);
    if (known === undefined) {
      known = { id: nodeId(this.#next++), node, parentId, lookups: 0, place: undefined };
      this.#byId.set(known.id, known);
      this.#byNode.set(node, known);
    }
    known.lookups++;
    if (name !== undefined) this.#place(known, place(parentId, name));
    return known.id;
  }

  node(id: NodeId): Node | undefined {
    return this.#byId.get(id)?.node;
  }

  /** The id of a node that the kernel may have cached. */
  idOf(node: Node): NodeId | undefined {
    return this.#byNode.get(node)?.id;
  }

  parentOf(id: NodeId): Node | undefined {
    const known = this.#byId.get(id);
    return known === undefined ? undefined : this.#byId.get(known.parentId)?.node;
  }

  /** The node that was last returned to the kernel for `name` in a directory. */
  childId(parentId: NodeId, name: string): NodeId | undefined {
    return this.#byPlace.get(place(parentId, name))?.id;
  }

  forget(id: NodeId, lookups: number): void {
    const known = this.#byId.get(id);
    if (known === undefined || id === ROOT_ID) return;
    known.lookups -= lookups;
    if (known.lookups > 0) return;
    this.#byId.delete(id);
    this.#byNode.delete(known.node);
    this.#leave(known);
  }

  #place(known: NumberedNode, key: string): void {
    if (known.place === key && this.#byPlace.get(key) === known) return;
    this.#leave(known);
    known.place = key;
    this.#byPlace.set(key, known);
  }

  #leave(known: NumberedNode): void {
    if (known.place !== undefined && this.#byPlace.get(known.place) === known) this.#byPlace.delete(known.place);
  }
}

function place(parentId: NodeId, name: string): string {
  return `${parentId}/${name}`;
}
