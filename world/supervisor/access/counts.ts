/**
 * Numbers about mediation that supervisors' threads count and the daemon shows.
 */
export class MediationCounts {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** A system call went on although something that it reaches could not be looked at. */
  unseen(): void {
    Atomics.add(this.#words, 0, 1);
  }

  /** How many did; modulo 2^32. */
  get unseenCalls(): number {
    return Atomics.load(this.#words, 0) >>> 0;
  }
}
