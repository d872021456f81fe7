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
  /** What files have got since the event began, by their keys. */
  readonly #given = new Map<string, Record<string, string>>();

  /** The facts of files are those before the event, in all of its uses. */
  begin(): void {
    this.#given.clear();
  }

  /** @param isStored by somebody else, as the log of events tells. */
  add(store: FileStore, isStored: boolean): void {
    const { key, name, value } = store;
    this.#given.set(key, { ...this.#given.get(key), [name]: value });
    if (!isStored) this.#pending.push(store);
  }

  /** Attributes that the file has got since the event began. */
  given(key: string): Readonly<Record<string, string>> | undefined {
    return this.#given.get(key);
  }

  /** All that were added since the last time. */
  take(): readonly FileStore[] {
    const stores = this.#pending;
    this.#pending = [];
    return stores;
  }
}
