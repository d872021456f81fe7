/**
 * Tells the kernel about changes of what it may have cached (vfs/tree/changes.ts).
 */

import { E } from '../../linux/errno.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { ChangeListener } from '../../vfs/tree/changes.ts';
import type { Directory, FileNode, Node } from '../../vfs/tree/node.ts';
import { notifyDelete, notifyInvalEntry, notifyInvalInode, notifyStore } from '../protocol/notify.ts';
import type { AttributeEncoder } from './attributes.ts';
import type { NodeTable } from './nodes.ts';
import type { Notifier } from './notifier.ts';

/** Larger contents are not pushed but invalidated, and read again when needed. */
const LARGEST_STORE = 1 << 16;

export class CachePusher implements ChangeListener {
  readonly #nodes: NodeTable;
  readonly #notifier: Notifier;
  readonly #attributes: Pick<AttributeEncoder, 'briefUntil'>;

  constructor(nodes: NodeTable, notifier: Notifier, attributes: Pick<AttributeEncoder, 'briefUntil'>) {
    this.#nodes = nodes;
    this.#notifier = notifier;
    this.#attributes = attributes;
  }

  removed(): void {
    this.#notifier.holdUntil(this.#attributes.briefUntil);
  }

  entry(directory: Directory, name: string): void {
    const id = this.#nodes.idOf(directory);
    if (id === undefined) return;
    const child = this.#nodes.childId(id, name);
    // A removal sends NOTIFY_DELETE (inotify watches get the event); any other change invalidates the entry.
    const removed = child !== undefined && directory.lookup(name, KERNEL_CALLER) === E.ENOENT;
    this.#notifier.send(`entry ${id} ${name}`, removed ? notifyDelete(id, child, name) : notifyInvalEntry(id, name));
  }

  attributes(node: Node): void {
    const id = this.#nodes.idOf(node);
    if (id !== undefined) this.#notifier.send(`attributes ${id}`, notifyInvalInode(id));
  }

  content(file: FileNode, data: Uint8Array): void {
    const id = this.#nodes.idOf(file);
    if (id === undefined) return;
    const message = data.length > LARGEST_STORE ? notifyInvalInode(id) : notifyStore(id, data);
    this.#notifier.send(`content ${id}`, message);
  }
}
