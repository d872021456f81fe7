/**
 * Announcements of changes to the caches of a tree (FUSE mounts).
 *
 * One `Changes` per filesystem instance, handed to the nodes that need it. Nodes announce, transports listen; announcing never blocks
 * and never fails. Only what a transport could have remembered must be announced: entries of `static` directories, content of `page`
 * files, attributes that are kept.
 */
import type { Directory, FileNode, Node } from './node.ts';

export interface ChangeListener {
  /** The entry `name` in `directory` was replaced or removed. */
  entry(directory: Directory, name: string): void;
  /** The whole content of a `page` file is now `data`. */
  content(file: FileNode, data: Uint8Array): void;
  /** Attributes of a node with cached attributes have changed. */
  attributes?(node: Node): void;
  /** Directories that keep their entries briefly were removed. */
  removed?(): void;
}

export class Changes implements ChangeListener {
  readonly #listeners = new Set<ChangeListener>();

  /** @returns a function that ends the subscription. */
  subscribe(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  entry(directory: Directory, name: string): void {
    for (const listener of this.#listeners) listener.entry(directory, name);
  }

  content(file: FileNode, data: Uint8Array): void {
    for (const listener of this.#listeners) listener.content(file, data);
  }

  attributes(node: Node): void {
    for (const listener of this.#listeners) listener.attributes?.(node);
  }

  removed(): void {
    for (const listener of this.#listeners) listener.removed?.();
  }
}
