/** A directory that shows what is in a list of the policy at this moment. Its nodes are made when they are first looked at. */

import { E, type Result } from '../../../linux/errno.ts';
import { NAME_MAX } from '../../../linux/fs.ts';
import { DynamicDirectory, type InodeInit } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Attributes, DirectoryEntry, Node } from '../../../vfs/tree/node.ts';

export interface LiveEntry {
  readonly name: string;
  /** Is the entry a directory? Counts for the link count. */
  readonly directory: boolean;
  node(): Node;
}

/** An entry whose node is made when it is first looked at. */
export function lazyEntry(name: string, make: () => Node, directory = false): LiveEntry {
  let made: Node | undefined;
  return {
    name,
    directory,
    node: () => {
      made ??= make();
      return made;
    },
  };
}

export interface LiveContent {
  /** In readdir order. */
  list(): Iterable<LiveEntry>;
  /** For long lists: the entry with this name, and how many entries are directories. By default the list is searched. */
  find?(name: string): Node | undefined;
  directories?(): number;
}

export class LiveDirectory extends DynamicDirectory {
  readonly #content: LiveContent;

  constructor(init: InodeInit, content: LiveContent) {
    const search = (name: string): Node | undefined => {
      for (const entry of content.list()) if (entry.name === name) return entry.node();
      return undefined;
    };
    super({
      ...init,
      lookup: (name): Result<Node> => {
        if (name.length > NAME_MAX) return E.ENAMETOOLONG;
        return (content.find === undefined ? search(name) : content.find(name)) ?? E.ENOENT;
      },
      entries: (): DirectoryEntry[] => [...content.list()].map((entry) => ({ name: entry.name, node: entry.node() })),
    });
    this.#content = content;
  }

  override attributes(caller: Caller): Attributes {
    if (this.removed) return super.attributes(caller);
    return { ...super.attributes(caller), nlink: 2 + (this.#content.directories?.() ?? this.#count()) };
  }

  #count(): number {
    let count = 0;
    for (const entry of this.#content.list()) if (entry.directory) count++;
    return count;
  }
}
