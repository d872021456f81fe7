/**
 * Processes that a member makes as children of its own parent (CLONE_PARENT): the connector names the parent as their maker, which may be
 * no member, or one with another label.
 *
 * Model: the call is notified, so its maker is told before; then the next process that the connector says is the parent's is taken for the
 * maker's, unless its image is known to be that of the parent (its AT_RANDOM bytes, which a fork inherits) or it is outside of the world's
 * filters. The flags of clone3(2) no filter can see: of those whose maker had come from outside is known when they make a request.
 */
import { type Tgid, type Tid, tidOf } from '../../linux/ids.ts';

/** Reads of /proc; replaced in tests. */
export interface SiblingView {
  parentOf(pid: Tgid): Tgid | undefined;
  processOf(tid: Tid): Tgid | undefined;
  /** How many seccomp filters it is under; 0 also when it has ended. */
  filtersOf(pid: Tgid): number;
  /** `undefined` when it has ended, or cannot be looked at. */
  fingerprintOf(pid: Tgid): string | undefined;
}

interface Expected {
  readonly process: Tgid;
  readonly parent: Tgid;
}

export class Siblings {
  readonly #view: SiblingView;
  /** By maker. */
  readonly #expected = new Map<Tid, Expected>();
  /** Processes that have come from outside. */
  readonly #entered = new Set<Tgid>();

  constructor(view: SiblingView) {
    this.#view = view;
  }

  enter(process: Tgid): void {
    this.#entered.add(process);
  }

  /** A thread is about to make a sibling of its process. */
  expect(maker: Tid, process: Tgid): void {
    const parent = this.#view.parentOf(process);
    this.#expected.delete(maker);
    if (parent !== undefined) this.#expected.set(maker, { process, parent });
  }

  /** A thread has ended. */
  forget(tid: Tid): void {
    this.#expected.delete(tid);
    this.#entered.delete(tid as number as Tgid);
  }

  /** Who has made this process, if it was expected. @param parent whom the connector names. @param isMember is that one? */
  makerOf(child: Tgid, parent: Tgid, isMember: boolean): Tid | undefined {
    for (const [maker, expected] of this.#expected) {
      if (expected.parent !== parent) continue;
      if (!isMember && this.#view.filtersOf(child) < this.#view.filtersOf(expected.process)) continue;
      if (this.#isOf(parent, child, expected.process)) continue;
      this.#expected.delete(maker);
      return maker;
    }
    return undefined;
  }

  /** A process that has come from outside, of whose parent this one is a child, with its filters. */
  enteredSiblingOf(process: Tgid): Tid | undefined {
    if (this.#entered.has(process)) return undefined;
    const parent = this.#view.parentOf(process);
    for (const entered of this.#entered) {
      const filters = this.#view.parentOf(entered) === parent ? this.#view.filtersOf(entered) : 0;
      if (filters > 0 && this.#view.filtersOf(process) >= filters) return tidOf(entered);
    }
    return undefined;
  }

  /** Has the child the image of its parent, and not that of the other process? */
  #isOf(parent: Tgid, child: Tgid, other: Tgid): boolean {
    const image = this.#view.fingerprintOf(child);
    return (
      image !== undefined && image === this.#view.fingerprintOf(parent) && image !== this.#view.fingerprintOf(other)
    );
  }
}
