/**
 * How many calls of a listener wait for a decision, and how many of these are settled, as the main thread tells its supervisor threads.
 */
const WAITING = 0;
const SETTLED = 1;
const WORDS = 2;

export class WaitingCount {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer(WORDS * 4)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** All, settled or not, that no thread has taken up again. */
  get waiting(): number {
    return Atomics.load(this.#words, WAITING);
  }

  get settled(): number {
    return Atomics.load(this.#words, SETTLED);
  }

  set(waiting: number, settled: number): void {
    Atomics.store(this.#words, WAITING, waiting);
    Atomics.store(this.#words, SETTLED, settled);
  }
}
