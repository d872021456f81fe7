/**
 * State that a backend cannot store: extended attributes, and ownership where the backend would apply it to our own accesses.
 *
 * memfs has no xattrs and applies mode bits to the server's own uid, so both are kept beside it. A real disk keeps ownership; its xattrs
 * are supplied by a caller that can make the system calls.
 */
import { E, type Errno, type Result } from '../../linux/errno.ts';
import { XATTR_CREATE, XATTR_REPLACE } from '../../linux/fs.ts';

/** How a store may identify a file. */
export interface StoredFile {
  readonly ino: number;
  /** In the backend (byte string). */
  readonly path: string;
}

export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits. */
  readonly mode: number;
}

export interface LabelStore {
  get(file: StoredFile, name: string): Result<Uint8Array>;
  set(file: StoredFile, name: string, value: Uint8Array, flags: number): Errno | undefined;
  list(file: StoredFile): Result<readonly string[]>;
  remove(file: StoredFile, name: string): Errno | undefined;
  /** The file was removed. */
  forget(file: StoredFile): void;
  /** Present if this store, not the backend, has owners and modes. */
  readonly ownership?: {
    get(file: StoredFile): Ownership | undefined;
    set(file: StoredFile, ownership: Ownership): void;
  };
}

/** Everything in memory, by inode number. */
export class MemoryLabelStore implements LabelStore {
  readonly #xattrs = new Map<number, Map<string, Uint8Array>>();
  readonly #owners = new Map<number, Ownership>();

  readonly ownership = {
    get: (file: StoredFile): Ownership | undefined => this.#owners.get(file.ino),
    set: (file: StoredFile, ownership: Ownership): void => {
      this.#owners.set(file.ino, ownership);
    },
  };

  get(file: StoredFile, name: string): Result<Uint8Array> {
    return this.#xattrs.get(file.ino)?.get(name) ?? E.ENODATA;
  }

  set(file: StoredFile, name: string, value: Uint8Array, flags: number): Errno | undefined {
    const known = this.#xattrs.get(file.ino) ?? new Map<string, Uint8Array>();
    if ((flags & XATTR_CREATE) !== 0 && known.has(name)) return E.EEXIST;
    if ((flags & XATTR_REPLACE) !== 0 && !known.has(name)) return E.ENODATA;
    known.set(name, Uint8Array.from(value));
    this.#xattrs.set(file.ino, known);
    return undefined;
  }

  list(file: StoredFile): readonly string[] {
    return [...(this.#xattrs.get(file.ino)?.keys() ?? [])];
  }

  remove(file: StoredFile, name: string): Errno | undefined {
    return this.#xattrs.get(file.ino)?.delete(name) === true ? undefined : E.ENODATA;
  }

  forget(file: StoredFile): void {
    this.#xattrs.delete(file.ino);
    this.#owners.delete(file.ino);
  }
}
