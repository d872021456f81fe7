/**
 * Security attributes that modules set on a file while they decide about a use of it (security.ima after a change). The
 * reporter of the use stores them before the call continues.
 */
export interface FileStore {
  /** `ContentFacts.key` */
  readonly key: string;
  readonly name: string;
  /** In latin-1. */
  readonly value: string;
}

export class FileStores {
  #pending: FileStore[] = [];

  add(store: FileStore): void {
    this.#pending.push(store);
  }

  /** All that were added since the last time. */
  take(): readonly FileStore[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }
}
