/** A directory that shows what is in a list of the policy at this moment. Its nodes are made when they are first looked at. */
import { DynamicDirectory, type InodeInit } from '../../../vfs/builders/index.ts';
import type { Caller } from '../../../vfs/caller.ts';
import { E, type Result } from '../../../vfs/errno.ts';
import { NAME_MAX } from '../../../vfs/flags.ts';
import type { Attributes, DirectoryEntry, Node } from '../../../vfs/node.ts';

export interface LiveEntry {
  readonly name: string;
  /** Is the entry a directory? Counts for the link count. */
  readonly directory: boolean;
  node(): Node;
}

export class LiveDirectory extends DynamicDirectory {
  readonly #list: () => Iterable<LiveEntry>;

  /** @param list the entries in readdir order. */
  constructor(init: InodeInit, list: () => Iterable<LiveEntry>) {
    super({
      ...init,
      lookup: (name): Result<Node> => {
        if (name.length > NAME_MAX) return E.ENAMETOOLONG;
        for (const entry of list()) if (entry.name === name) return entry.node();
        return E.ENOENT;
      },
      entries: (): DirectoryEntry[] => [...list()].map((entry) => ({ name: entry.name, node: entry.node() })),
    });
    this.#list = list;
  }

  override attributes(caller: Caller): Attributes {
    let nlink = 2;
    for (const entry of this.#list()) if (entry.directory) nlink++;
    return { ...super.attributes(caller), nlink };
  }
}
