/**
 * A flag that the daemon's main thread shares with the supervisor threads: false until it is set, never cleared.
 */
export class SharedFlag {
  readonly shared: SharedArrayBuffer;
  readonly #word: Int32Array;

  constructor(shared = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#word = new Int32Array(shared);
  }

  set(): void {
    Atomics.store(this.#word, 0, 1);
  }

  get isSet(): boolean {
    return Atomics.load(this.#word, 0) === 1;
  }
}
