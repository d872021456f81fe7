/** What waits for its turn, in order for each user; users take turns. */
import type { RequestUser } from './user-shares.ts';

export class UserQueue<Item extends object> {
  /** Whose turn it is comes first. `undefined`: our own. */
  readonly #byUser = new Map<RequestUser | undefined, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @param first before what the user has there already. */
  add(user: RequestUser | undefined, item: Item, first = false): void {
    const items = this.#byUser.get(user);
    if (items === undefined) this.#byUser.set(user, [item]);
    else if (first) items.unshift(item);
    else items.push(item);
    this.#size++;
  }

  /** The next one of a user who may. `undefined`: there is none. */
  next(may: (user: RequestUser | undefined) => boolean): Item | undefined {
    for (const [user, items] of this.#byUser) {
      if (!may(user)) continue;
      const item = items.shift();
      this.#byUser.delete(user);
      if (items.length > 0) this.#byUser.set(user, items);
      this.#size--;
      return item;
    }
    return undefined;
  }

  /** @returns whether it was there. */
  remove(user: RequestUser | undefined, item: Item): boolean {
    const items = this.#byUser.get(user) ?? [];
    const at = items.indexOf(item);
    if (at < 0) return false;
    items.splice(at, 1);
    if (items.length === 0) this.#byUser.delete(user);
    this.#size--;
    return true;
  }

  clear(): void {
    this.#byUser.clear();
    this.#size = 0;
  }
}
