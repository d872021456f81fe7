/**
 * Callers that hold a supervisor thread. Their further calls are not looked at by its deputies, so each of them takes
 * one thread at most; a user who holds several takes no more, whatever process it is. The last deputy looks at nobody's
 * calls, because a user can have many names.
 */
import type { Tgid } from '../../linux/ids.ts';

export interface Culprit {
  readonly tgid: Tgid;
  readonly fsuid: number;
}

/** Threads that the processes of one user may hold before none of them is looked at. */
const MOST_OF_A_USER = 2;

export class Culprits {
  readonly #processes: ReadonlySet<Tgid>;
  readonly #users: ReadonlySet<number>;
  /** Nobody need be looked at to know that he is one of them. */
  readonly areEverybody: boolean;

  /** @param trusted user whose processes count one by one: who could do as he likes without this. */
  constructor(known: readonly Culprit[] | 'everybody', trusted: number) {
    this.areEverybody = known === 'everybody';
    const culprits = known === 'everybody' ? [] : known;
    this.#processes = new Set(culprits.map(({ tgid }) => tgid));
    const count = (user: number): number => culprits.filter(({ fsuid }) => fsuid === user).length;
    const users = culprits.map(({ fsuid }) => fsuid);
    this.#users = new Set(users.filter((user) => user !== trusted && count(user) >= MOST_OF_A_USER));
  }

  has({ tgid, fsuid }: Culprit): boolean {
    return this.areEverybody || this.#processes.has(tgid) || this.#users.has(fsuid);
  }
}
