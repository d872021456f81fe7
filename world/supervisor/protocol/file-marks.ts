/**
 * Counters by which a remembered answer about the use of a file (uses/settled-uses.ts) is known to be out of date.
 *
 * Model: words of memory that the daemon's main thread and the supervisor threads share. The main thread increments that of a file
 * whenever it has decided about a use of it, and says with an answer what the counter was then. Files whose inode
 * numbers have the same remainder share one: an answer may be forgotten too early, never too late.
 */
const COUNTERS = 1024;

export class FileMarks {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(shared = new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#words = new Int32Array(shared);
  }

  /** To be called before the caller of the use goes on. @param ino inode number. */
  move(ino: number): void {
    Atomics.add(this.#words, ino % COUNTERS, 1);
  }

  of(ino: number): number {
    return Atomics.load(this.#words, ino % COUNTERS);
  }
}
