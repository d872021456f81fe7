/**
 * Security attributes that modules give files while a use of them is decided: as of a digest that has become another.
 * Whoever told of the use stores them before the call goes on.
 */
export interface FileStore {
  /** `UsedFile.key` */
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
