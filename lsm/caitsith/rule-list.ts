/** Rules in their order, found by what they say: writers decide how many there are. */
import type { Condition } from './condition.ts';

export interface Entry {
  readonly priority: number;
  readonly deny: boolean;
  readonly condition: Condition | undefined;
}

export class RuleList<T extends Entry> implements Iterable<T> {
  readonly #entries: T[] = [];
  readonly #known = new Map<string, T>();

  [Symbol.iterator](): IterableIterator<T> {
    return this.#entries.values();
  }

  find(wanted: (entry: T) => boolean): T | undefined {
    return this.#entries.find(wanted);
  }

  /** Adds one behind those of its priority, unless there is an equal one. @returns the one that is there. */
  add(wanted: T): T {
    const known = this.#known.get(keyOf(wanted));
    if (known !== undefined) return known;
    this.#entries.splice(this.#after(wanted.priority), 0, wanted);
    this.#known.set(keyOf(wanted), wanted);
    return wanted;
  }

  /** @returns the one that was there. */
  remove(wanted: Entry): T | undefined {
    const known = this.#known.get(keyOf(wanted));
    if (known === undefined) return undefined;
    this.#known.delete(keyOf(wanted));
    this.#entries.splice(this.#entries.lastIndexOf(known, this.#after(known.priority)), 1);
    return known;
  }

  /** How many have this priority or a lower one. */
  #after(priority: number): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as T).priority > priority) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function keyOf({ priority, deny, condition }: Entry): string {
  return `${priority} ${deny}${condition?.text ?? ''}`;
}
