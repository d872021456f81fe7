/**
 * Who is told of the events of a stack: everybody who observes it, except while a log is replayed.
 */
import type { StackEvent } from './events.ts';

export class Announcements {
  #replaying = false;
  readonly #listeners = new Set<(event: StackEvent) => void>();

  /** Is a log being replayed: nothing may reach the outside. */
  get replaying(): boolean {
    return this.#replaying;
  }

  /** Nobody is told of what `replay` does. */
  whileReplaying(replay: () => void): void {
    this.#replaying = true;
    try {
      replay();
    } finally {
      this.#replaying = false;
    }
  }

  /** @returns a function that ends the subscription. */
  observe(listener: (event: StackEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(event: StackEvent): void {
    if (this.#replaying) return;
    for (const listener of this.#listeners) listener(event);
  }
}
