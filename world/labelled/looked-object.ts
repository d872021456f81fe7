/**
 * A file of a labelled mount as modules decide about it: facts that were read before, and changes that are made after.
 */
import { textOf } from '../../linux/bytes.ts';
import { E, type Errno, type Result } from '../../linux/errno.ts';
import type { LabelledFacts, LabelledObject } from '../../vfs/labelled/index.ts';
import type { LookedFile } from './jobs.ts';

export interface StoredXattr {
  readonly name: string;
  /** Absent = it is removed. */
  readonly value: Uint8Array | undefined;
  readonly flags: number;
}

export class LookedObject implements LabelledObject {
  /** To be stored, in order. */
  readonly stores: StoredXattr[] = [];
  readonly #looked: LookedFile;
  readonly #path: string;

  /** @param path from the root of the mount. */
  constructor(looked: LookedFile, path: string) {
    this.#looked = looked;
    this.#path = path;
  }

  get mode(): number {
    return this.#looked.mode;
  }

  look(): LabelledFacts {
    const { ino, generation = 0, mode, uid, gid, size, nlink, mtime, ctime } = this.#looked;
    return {
      ino,
      generation,
      path: this.#path,
      attributes: { mode, uid, gid, size, nlink, rdev: 0, atime: 0n, mtime, ctime },
      xattrs: this.#xattrs(),
      version: 0,
      contentVersion: 0,
      writers: false,
      openers: false,
    };
  }

  content(): Result<Uint8Array> {
    return E.EINVAL;
  }

  store(name: string, value: Uint8Array | undefined, flags = 0): Errno | undefined {
    this.stores.push({ name, value, flags });
    return undefined;
  }

  /** As they will be. */
  #xattrs(): Record<string, string> {
    const values: Record<string, string> = { ...this.#looked.xattrs };
    for (const { name, value } of this.stores) {
      if (value === undefined) delete values[name];
      else values[name] = textOf(value);
    }
    return values;
  }
}
