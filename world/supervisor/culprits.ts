/**
 * Callers that hold a supervisor thread. Their further calls are not looked at by its deputies, so each of them takes
 * one thread at most; a user who holds several takes no more, whatever process it is. The last deputy looks at nobody's
 * calls, because a user can have many names.
 *
 * Model: who was found to hold a thread is a culprit until that thread is done with the call, which its clock tells at once: the
 * main thread sees it later, and only then relieves the deputy, to which a call may come that the freed process makes meanwhile.
 */
import type { Tgid } from '../../linux/ids.ts';
import { type ClockedCall, isUnderWay } from './protocol/call-clock.ts';

/** A caller, as it is known by. */
interface Named {
  readonly tgid: Tgid;
  readonly fsuid: number;
}

/** With the call that holds a thread. */
export interface Culprit extends Named, ClockedCall {}

/** Threads that the processes of one user may hold before none of them is looked at. */
const MOST_OF_A_USER = 2;

export class Culprits {
  readonly #known: readonly Culprit[];
  readonly #trusted: number;
  /** Nobody need be looked at to know that he is one of them. */
  readonly areEverybody: boolean;

  /** @param trusted user whose processes count one by one: who could do as he likes without this. */
  constructor(known: readonly Culprit[] | 'everybody', trusted: number) {
    this.areEverybody = known === 'everybody';
    this.#known = known === 'everybody' ? [] : known;
    this.#trusted = trusted;
  }

  /** Does the process hold a thread now, or its user several? */
  has({ tgid, fsuid }: Named): boolean {
    if (this.areEverybody) return true;
    const holding = this.#known.filter(isUnderWay);
    if (holding.some((culprit) => culprit.tgid === tgid)) return true;
    const ofUser = holding.filter((culprit) => culprit.fsuid === fsuid);
    return fsuid !== this.#trusted && ofUser.length >= MOST_OF_A_USER;
  }
}
