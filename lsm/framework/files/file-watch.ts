/**
 * Do modules want to be told of uses of ordinary files? Telling costs, so nobody does before one of them asks; none takes it back.
 */
export class FileWatch {
  #active = false;
  readonly #listeners = new Set<() => void>();

  get active(): boolean {
    return this.#active;
  }

  start(): void {
    if (this.#active) return;
    this.#active = true;
    for (const listener of this.#listeners) listener();
  }

  /** `listener` is called once, at once where that has happened. */
  whenActive(listener: () => void): void {
    if (this.#active) listener();
    else this.#listeners.add(listener);
  }
}
