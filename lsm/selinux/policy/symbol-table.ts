/**
 * One of the policy's symbol tables: names to things, and values back to the thing that carries the value's primary name.
 */
import { require } from './reader.ts';

/** A named thing with a value. Several names (aliases) may share a value. */
export interface Named {
  readonly name: string;
  readonly value: number;
}

export interface SymbolTable<T extends Named> {
  /** Highest value. Not every value up to it needs to be taken. */
  readonly maximum: number;
  /** How many values have a primary name. */
  readonly size: number;
  /** By primary name or alias. */
  byName(name: string): T | undefined;
  byValue(value: number): T | undefined;
  /** Primary name of a value. */
  nameOf(value: number): string | undefined;
  /** Things with a primary name. */
  primaries(): IterableIterator<T>;
  /** The same by ascending value. */
  inValueOrder(): readonly T[];
  /** Everything, aliases included. */
  all(): IterableIterator<T>;
}

/** Its things are there from the beginning. */
export class SymbolMap<T extends Named> implements SymbolTable<T> {
  readonly maximum: number;
  readonly #byName = new Map<string, T>();
  readonly #byValue = new Map<number, T>();
  #ordered: readonly T[] | undefined;

  constructor(maximum: number) {
    this.maximum = maximum;
  }

  /** Adds a name; `primary` makes it the one its value prints as. @returns false when the name is taken. */
  add(datum: T, primary: boolean): boolean {
    if (this.#byName.has(datum.name)) return false;
    this.#byName.set(datum.name, datum);
    this.#ordered = undefined;
    if (primary) this.#byValue.set(datum.value, datum);
    return true;
  }

  byName(name: string): T | undefined {
    return this.#byName.get(name);
  }

  byValue(value: number): T | undefined {
    return this.#byValue.get(value);
  }

  nameOf(value: number): string | undefined {
    return this.#byValue.get(value)?.name;
  }

  primaries(): IterableIterator<T> {
    return this.#byValue.values();
  }

  inValueOrder(): readonly T[] {
    this.#ordered ??= [...this.#byValue.values()].sort((a, b) => a.value - b.value);
    return this.#ordered;
  }

  all(): IterableIterator<T> {
    return this.#byName.values();
  }

  get size(): number {
    return this.#byValue.size;
  }
}

/** `value`, or a rejection when the table cannot have it. Whether something has the value is not asked. */
export function checkValue(value: number, table: { readonly maximum: number }): number {
  require(value > 0 && value <= table.maximum);
  return value;
}
