/**
 * Numbers for what tasks are judged by, as subjects (lsm/framework/access/access-decisions.ts) and by the kernel: by them the supervisor
 * threads cache decisions.
 *
 * Model: equal texts get equal numbers as long as the text is remembered, and no number is given to two texts. A text that
 * was forgotten gets a new number, so that only what is cached for it is lost.
 */

/** Labels and rights may be as many as callers like. */
export const REMEMBERED = 8192;

export class TextNumbers {
  readonly #known = new Map<string, number>();
  #last = 0;

  clear(): void {
    this.#known.clear();
  }

  /** `undefined` = it was never seen, or is forgotten. */
  find(text: string): number | undefined {
    return this.#known.get(text);
  }

  of(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(text, ++this.#last);
    return this.#last;
  }
}
