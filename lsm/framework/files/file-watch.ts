/**
 * Whether modules ask for uses of ordinary files. Reporting is costly, so it begins when the first module asks, and never ends.
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
