/**
 * Counters of mediation, incremented by the supervisor threads and shown by the daemon.
 */
export class MediationCounts {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** Counts a system call that continued although a file on its path could not be looked at. */
  unseen(): void {
    Atomics.add(this.#words, 0, 1);
  }

  /** Their number, modulo 2^32. */
  get unseenCalls(): number {
    return Atomics.load(this.#words, 0) >>> 0;
  }
}
