/**
 * A number that moves whenever something changes that answers to callers follow from: what was answered before may be
 * given again as long as it stands still.
 *
 * Model: one word of memory that the daemon's main thread and the supervisor's threads share. Whoever makes a change moves it before the
 * change is acknowledged: a policy, a boolean, the mode, an attribute of a task, a label of a file, a mount's options,
 * namespaces, profiles, and a program that was executed without a supervisor's knowing. A thread that asks for an
 * answer reads the number first; the answer is good while the number is the same. What is *not* counted, because only
 * its own task's answers follow from it: new threads, their ends, and programs whose start a supervisor has announced
 * (a supervisor sees the call before it happens).
 */
export class Epoch {
  readonly shared: SharedArrayBuffer;
  readonly #word: Int32Array;

  constructor(shared = new SharedArrayBuffer(4)) {
    this.shared = shared;
    this.#word = new Int32Array(shared);
  }

  /** To be called before anybody is told of a change; several at once may share a move. */
  move(): void {
    Atomics.add(this.#word, 0, 1);
  }

  get now(): number {
    return Atomics.load(this.#word, 0);
  }
}
