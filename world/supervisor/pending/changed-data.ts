/**
 * Changes data in a caller's memory for the duration of one system call.
 *
 * A kernel removes label options from its own copy of the data of mount(2). Here the host's kernel executes the call, so the options are
 * removed from the caller's memory, which may be a constant of its program, and restored at the next call of the same thread, because
 * programs mount again with the same data. Memory that the caller has changed meanwhile is left alone.
 */
import { REMOTE_LIMIT, type RemoteMemory } from '../../../host/memory/remote-memory.ts';
import type { Tid } from '../../../linux/ids.ts';

interface Changed {
  readonly tid: Tid;
  readonly low: number;
  readonly high: number;
  readonly original: Uint8Array;
  readonly changed: Uint8Array;
}

/** Limit of threads with changed data; of threads that ended nothing is restored. */
const LIMIT = 64;

export class ChangedData {
  readonly #memory: RemoteMemory;
  #changes: Changed[] = [];

  constructor(memory: RemoteMemory) {
    this.#memory = memory;
  }

  /** Puts `data` in the place of `original`, which is as long or longer. @returns `false` when that cannot be. */
  change(tid: Tid, low: number, high: number, original: Uint8Array, data: Uint8Array): boolean {
    if (!this.#overwrite(tid, low, high, data)) return false;
    const changed = Uint8Array.from(original);
    changed.set(data);
    if (this.#changes.length === LIMIT) this.#changes.shift();
    if (original.length <= REMOTE_LIMIT) this.#changes.push({ tid, low, high, original, changed });
    return true;
  }

  /** Is any memory changed? */
  get any(): boolean {
    return this.#changes.length > 0;
  }

  /** To be called at each call of `tid`: its earlier calls have returned. */
  complete(tid: Tid): void {
    if (this.#changes.length === 0) return;
    this.#changes = this.#changes.filter((change) => {
      if (change.tid !== tid) return true;
      if (this.#isAsLeft(change)) this.#overwrite(tid, change.low, change.high, change.original);
      return false;
    });
  }

  #isAsLeft({ tid, low, high, changed }: Changed): boolean {
    const count = this.#memory.read(tid, low, high, changed.length);
    return count === changed.length && Buffer.compare(this.#memory.bytes.subarray(0, count), changed) === 0;
  }

  /** Read-only memory is written through /proc/<tid>/mem, as debuggers do. */
  #overwrite(tid: Tid, low: number, high: number, data: Uint8Array): boolean {
    return this.#memory.write(tid, low, high, data, true);
  }
}
