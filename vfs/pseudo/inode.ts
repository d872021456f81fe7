/**
 * The base of all built nodes: an in-memory inode as libfs makes them.
 *
 * chmod, chown and utimes change it in memory and are forgotten with it; truncation of a pseudo-file changes the size that stat shows and
 * nothing else (simple_setattr). The times are those of creation until they are set.
 */

import type { Errno } from '../../linux/errno.ts';
import { S_IALLUGO, S_IFMT } from '../../linux/stat.ts';
import type { Caller } from '../tree/caller.ts';
import type { AttributeChange, Attributes, CachePolicy, XattrOperations } from '../tree/node.ts';

/** Hands out inode numbers, as get_next_ino() for one filesystem. */
export class InodeNumbers {
  #next: number;
  constructor(first = 1) {
    this.#next = first;
  }
  next(): number {
    return this.#next++;
  }
}

/** Options of all builders. */
export interface InodeInit {
  readonly ino: number;
  /** Permission bits. */
  readonly mode: number;
  /** Default 0:0. */
  readonly uid?: number;
  readonly gid?: number;
  /** Creation time in nanoseconds since the epoch; default 0. */
  readonly time?: bigint;
  /** Default `dynamic` for files, `static` for everything else. */
  readonly cache?: CachePolicy;
  /** See NodeBase. When one is `removed` by others, that has to be announced (changes.ts). Default false. */
  readonly keepsAttributes?: boolean;
  /** See NodeBase. Default false. */
  readonly keepsAttributesForCall?: boolean;
  readonly xattrs?: XattrOperations;
  /** See NodeBase.permission. */
  permission?(mask: number, caller: Caller): Errno | undefined;
  /** True once its last name was removed: open descriptors can still use it, but it has no links; a directory is empty. Absent = never. */
  removed?(): boolean;
}

export abstract class SimpleInode {
  readonly ino: number;
  readonly cache: CachePolicy;
  readonly keepsAttributes: boolean;
  readonly keepsAttributesForCall: boolean;
  readonly xattrs?: XattrOperations;
  readonly permission?: (mask: number, caller: Caller) => Errno | undefined;
  readonly #removed: (() => boolean) | undefined;
  #attributes: Attributes;

  constructor(init: InodeInit, type: number, cache: CachePolicy, fixed: Partial<Attributes> = {}) {
    this.ino = init.ino;
    this.cache = init.cache ?? cache;
    this.keepsAttributes = init.keepsAttributes === true;
    this.keepsAttributesForCall = init.keepsAttributesForCall === true;
    if (init.xattrs !== undefined) this.xattrs = init.xattrs;
    if (init.permission !== undefined) this.permission = (mask, caller) => init.permission?.(mask, caller);
    if (init.removed !== undefined) this.#removed = () => init.removed?.() === true;
    const time = init.time ?? 0n;
    this.#attributes = {
      mode: type | (init.mode & S_IALLUGO),
      uid: init.uid ?? 0,
      gid: init.gid ?? 0,
      size: 0,
      nlink: 1,
      rdev: 0,
      atime: time,
      mtime: time,
      ctime: time,
      ...fixed,
    };
  }

  /** See InodeInit.removed. */
  get removed(): boolean {
    return this.#removed?.() === true;
  }

  attributes(_caller: Caller): Attributes {
    return this.removed ? { ...this.#attributes, nlink: 0 } : this.#attributes;
  }

  setAttributes(change: AttributeChange, _caller: Caller): Errno | undefined {
    const { timesAreNow: _rule, mode, ...rest } = change;
    const now = this.#attributes;
    this.#attributes = { ...now, ...rest };
    if (mode !== undefined) {
      this.#attributes = { ...this.#attributes, mode: (now.mode & S_IFMT) | (mode & S_IALLUGO) };
    }
    return undefined;
  }

  /** For subclasses whose link count or size follows their content. */
  protected updateAttributes(update: Partial<Attributes>): void {
    this.#attributes = { ...this.#attributes, ...update };
  }
}
