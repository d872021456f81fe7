/** Words of the shared memory. */
const NOW = 0;
const NAMES = 1;

/**
 * A counter that is incremented whenever an input of decisions changes: a cached answer is valid as long as the counter
 * has the same value.
 *
 * Model: one word of memory that the daemon's main thread and the supervisor threads share. The thread that makes a
 * change increments it before the change is acknowledged: a policy, a boolean, the mode, an attribute of a task, a label
 * of a file, a mount's options, namespaces, profiles, and an exec that no supervisor announced. A thread that asks for
 * an answer reads the counter first; the answer is valid while the value is the same. Not counted, because only answers
 * about the task itself depend on them: new threads, their ends, and announced execs (of other tasks: access/task-objects.ts).
 * Where paths lead has a counter of its own beside it: directories and links that are moved or removed, mounts, roots.
 */
export class Epoch {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** To be called before a change is acknowledged; several changes may share one increment. */
  move(): void {
    Atomics.add(this.#words, NOW, 1);
  }

  /** Before paths may lead elsewhere. */
  moveNames(): void {
    Atomics.add(this.#words, NAMES, 1);
  }

  get now(): number {
    return Atomics.load(this.#words, NOW);
  }

  get names(): number {
    return Atomics.load(this.#words, NAMES);
  }
}
