/**
 * What the supervisor threads of a world share about mediation: a counter, which the daemon shows, and a note.
 */
export class MediationCounts {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer(8)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** Counts a system call that continued although a file on its path could not be looked at. */
  unseen(): void {
    Atomics.add(this.#words, 0, 1);
  }

  /** A program wants what it may read to be executable, too (READ_IMPLIES_EXEC). */
  impliesExec(): void {
    Atomics.store(this.#words, 1, 1);
  }

  /** Has any wanted it? */
  get mayImplyExec(): boolean {
    return Atomics.load(this.#words, 1) !== 0;
  }

  /** Number of unseen calls, modulo 2^32. */
  get unseenCalls(): number {
    return Atomics.load(this.#words, 0) >>> 0;
  }
}
