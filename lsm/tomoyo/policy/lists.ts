/**
 * Lists of what policy lines say. What is deleted is only marked at first: whoever adds it again finds its place, and who deletes it again
 * succeeds, until the garbage collector comes by.
 *
 * Model: tomoyo_update_policy() and tomoyo_update_domain() of Linux 6.12.
 */

/** Entries are the same if their keys are. */
type KeyOf<T> = (entry: T) => string;

export class Lists {
  /** Is there room for all that there is? Asked after something was added. */
  readonly #fits: () => boolean;
  /** Of lists from which something was deleted: the keys of all entries, those that were deleted too. */
  #places = new WeakMap<object, string[]>();

  constructor(fits: () => boolean) {
    this.#fits = fits;
  }

  /** What was deleted is gone for good. */
  collect(): void {
    this.#places = new WeakMap();
  }

  /** Adds an entry unless it is there, or takes it away. @returns `false` when there was nothing to take away, or no room. */
  update<T>(list: T[], entry: T, key: KeyOf<T>, remove: boolean): boolean {
    const wanted = key(entry);
    const at = list.findIndex((other) => key(other) === wanted);
    if (remove) return at < 0 ? this.wasDeleted(list, wanted) : this.delete(list, at, key);
    return at >= 0 || this.add(list, entry, key);
  }

  wasDeleted(list: object, key: string): boolean {
    return this.#places.get(list)?.includes(key) === true;
  }

  /** @param at of an entry. */
  delete<T>(list: T[], at: number, key: KeyOf<T>): true {
    if (!this.#places.has(list)) this.#places.set(list, list.map(key));
    list.splice(at, 1);
    return true;
  }

  /** @param entry that is not in the list. @returns `false` when there is no room. */
  add<T>(list: T[], entry: T, key: KeyOf<T>): boolean {
    const places = this.#places.get(list);
    const place = places?.indexOf(key(entry)) ?? -1;
    if (places === undefined || place < 0) {
      places?.push(key(entry));
      list.push(entry);
    } else {
      // What there is has the order of the places.
      let at = 0;
      for (let before = 0; before < place; before++) {
        const other = list[at];
        if (other !== undefined && key(other) === places[before]) at++;
      }
      list.splice(at, 0, entry);
    }
    if (!this.#fits()) list.splice(list.indexOf(entry), 1);
    return list.includes(entry);
  }
}
