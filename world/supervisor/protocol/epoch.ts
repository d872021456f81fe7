import { type NamedPlace, RemovedPlaces } from './removed-places.ts';

/** Words of the shared memory. */
const NOW = 0;
const NAMES = 1;
const REMOVED = 2;

/**
 * A counter that is incremented whenever an input of decisions changes: a cached answer is valid as long as the counter
 * has the same value.
 *
 * Model: one word of memory that the daemon's main thread and the supervisor threads share. The thread that makes a
 * change increments it before the change is acknowledged: a policy, a boolean, the mode, an attribute of a task, a label
 * of a file, a mount's options, namespaces, profiles, and an exec that no supervisor announced. A thread that asks for
 * an answer reads the counter first; the answer is valid while the value is the same. Not counted, because only answers
 * about the task itself depend on them: new threads, their ends, and announced execs (of other tasks: access/task-objects.ts).
 * Where paths lead has a counter of its own beside it: directories and links that are moved, or made where one was removed, mounts, roots.
 */
export class Epoch {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #removed: RemovedPlaces;

  constructor(shared = new SharedArrayBuffer((REMOVED + RemovedPlaces.SIZE) * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
    this.#removed = new RemovedPlaces(this.#words.subarray(REMOVED));
  }

  /** To be called before a change is acknowledged; several changes may share one increment. */
  move(): void {
    Atomics.add(this.#words, NOW, 1);
  }

  /** Before paths may lead elsewhere. */
  moveNames(): void {
    Atomics.add(this.#words, NAMES, 1);
  }

  /** Before a directory or link is removed: {@link names} move when another one is made there ({@link mayLeadElsewhere}). */
  removes(place: NamedPlace): void {
    if (this.#removed.add(place)) this.moveNames();
  }

  /** Do {@link names} have to move before a directory or link is made there? @param place absent = it is not known where. */
  mayLeadElsewhere(place: NamedPlace | undefined): boolean {
    return place === undefined ? this.#removed.any : this.#removed.has(place);
  }

  get now(): number {
    return Atomics.load(this.#words, NOW);
  }

  get names(): number {
    return Atomics.load(this.#words, NAMES);
  }
}
