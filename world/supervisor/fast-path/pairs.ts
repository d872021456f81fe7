/** Sequences of numbers as one: equal sequences, equal numbers, from 1 on; 0 = the empty one. */
import { IntTable } from './int-table.ts';

/** What is added. */
export const OF_TEXT = 0;
export const OF_RULE = 1;
const MOST = 1 << 12;

export class Pairs {
  readonly #table = new IntTable(3, 1, 13);
  #next = 1;

  /** @param text number of an attribute's value, 0 = it is not there; with OF_RULE a state. @returns -1 = one of both is not known. */
  add(label: number, text: number, what: number = OF_TEXT): number {
    if (label < 0 || text < 0) return -1;
    const { key } = this.#table;
    key[0] = label;
    key[1] = text;
    key[2] = what;
    const slot = this.#table.make();
    const known = this.#table.value(slot, 0);
    if (known !== 0) return known;
    this.#table.set(slot, 0, this.#next);
    return this.#next++;
  }

  get isFull(): boolean {
    return this.#next > MOST;
  }

  clear(): void {
    this.#table.clear();
    this.#next = 1;
  }
}
