/**
 * The nodes that the kernel knows of: node id <-> vfs node, with the kernel's lookup counts.
 *
 * Every entry handed out (LOOKUP, CREATE, READDIRPLUS, ...) adds one lookup; FORGET takes them back, and at zero the number is free to be
 * dropped. Numbers are never reused in a connection, so a generation is not needed. A node is recognised by object identity: a tree that
 * makes a new object for each lookup gets a new number each time.
 */
import type { Node } from '../vfs/node.ts';
import { ROOT_ID } from './protocol/opcodes.ts';

interface Known {
  readonly id: number;
  readonly node: Node;
  /** Where it was found first: the `..` of a directory. */
  readonly parentId: number;
  lookups: number;
}

export class NodeTable {
  readonly #byId = new Map<number, Known>();
  readonly #byNode = new Map<Node, Known>();
  #next = ROOT_ID;

  constructor(root: Node) {
    this.remember(root, ROOT_ID);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** Counts one lookup. @returns the node id. */
  remember(node: Node, parentId: number): number {
    let known = this.#byNode.get(node);
    if (known === undefined) {
      known = { id: this.#next++, node, parentId, lookups: 0 };
      this.#byId.set(known.id, known);
      this.#byNode.set(node, known);
    }
    known.lookups++;
    return known.id;
  }

  node(id: number): Node | undefined {
    return this.#byId.get(id)?.node;
  }

  /** The id of a node that the kernel may have cached. */
  idOf(node: Node): number | undefined {
    return this.#byNode.get(node)?.id;
  }

  parentOf(id: number): Node | undefined {
    const known = this.#byId.get(id);
    return known === undefined ? undefined : this.#byId.get(known.parentId)?.node;
  }

  forget(id: number, lookups: number): void {
    const known = this.#byId.get(id);
    if (known === undefined || id === ROOT_ID) return;
    known.lookups -= lookups;
    if (known.lookups > 0) return;
    this.#byId.delete(id);
    this.#byNode.delete(known.node);
  }
}
