/**
 * How much each user may have of something that a labelled mount has little of: as much as is left for others, so that nobody uses it up.
 * Who is alone gets half, who comes next half of the rest.
 */

/** Whom a request counts for: a user of the host, or a container (who it is: world/daemon/facts/user-namespaces.ts). */
export type RequestUser = string;

export class UserShares {
  readonly #most: number;
  readonly #byUser = new Map<RequestUser, number>();
  #all = 0;

  /** @param most of it, for all together. */
  constructor(most: number) {
    this.#most = most;
  }

  /** May the user have so much more? With all but one of it he has less than is left then. */
  allows(user: RequestUser, amount = 1): boolean {
    return (this.#byUser.get(user) ?? 0) + amount <= this.#most - this.#all - amount + 1;
  }

  /** @param all the user may have everything that is left. @returns whether there was enough. */
  take(user: RequestUser, amount = 1, all = false): boolean {
    if (this.#most - this.#all < amount || !(all || this.allows(user, amount))) return false;
    this.#byUser.set(user, (this.#byUser.get(user) ?? 0) + amount);
    this.#all += amount;
    return true;
  }

  /** Of what was taken. */
  give(user: RequestUser, amount = 1): void {
    const own = (this.#byUser.get(user) ?? 0) - amount;
    if (own > 0) this.#byUser.set(user, own);
    else this.#byUser.delete(user);
    this.#all -= amount;
  }
}
