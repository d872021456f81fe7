/**
 * The threads of a world: thread id to process, process to threads.
 */
import type { Tgid, Tid } from '../../linux/ids.ts';

export class ThreadTable {
  readonly #tgidOf = new Map<Tid, Tgid>();
  readonly #threads = new Map<Tgid, Set<Tid>>();

  has(tid: Tid): boolean {
    return this.#tgidOf.has(tid);
  }

  hasProcess(tgid: Tgid): boolean {
    return this.#threads.has(tgid);
  }

  tids(): IterableIterator<Tid> {
    return this.#tgidOf.keys();
  }

  processes(): IterableIterator<Tgid> {
    return this.#threads.keys();
  }

  threads(tgid: Tgid): ReadonlySet<Tid> {
    return this.#threads.get(tgid) ?? new Set();
  }

  tgid(tid: Tid): Tgid | undefined {
    return this.#tgidOf.get(tid);
  }

  add(tid: Tid, tgid: Tgid): void {
    this.remove(tid);
    this.#tgidOf.set(tid, tgid);
    const threads = this.#threads.get(tgid);
    if (threads === undefined) this.#threads.set(tgid, new Set([tid]));
    else threads.add(tid);
  }

  /** @returns the process that this was the last thread of. */
  remove(tid: Tid): Tgid | undefined {
    const tgid = this.#tgidOf.get(tid);
    if (tgid === undefined) return undefined;
    this.#tgidOf.delete(tid);
    const threads = this.#threads.get(tgid);
    threads?.delete(tid);
    if (threads?.size !== 0) return undefined;
    this.#threads.delete(tgid);
    return tgid;
  }
}
