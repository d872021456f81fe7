/**
 * Data of a caller that are other ones for the length of one call.
 *
 * The kernel takes label options out of a copy of the data of mount(2). Here the call goes on in the caller, so its own memory is changed,
 * which may be a constant of its program, and is given back when its thread makes another call: programs mount again with the same data.
 * Memory that has changed meanwhile is the caller's and left alone.
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

/** Threads that ended after their call give back nothing, and are forgotten. */
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

  /** `tid` makes a call: its earlier ones are over. */
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

  /** Constants of a program cannot be written as its other data are, but a debugger can. */
  #overwrite(tid: Tid, low: number, high: number, data: Uint8Array): boolean {
    return this.#memory.write(tid, low, high, data, true);
  }
}
