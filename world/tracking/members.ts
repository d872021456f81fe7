/**
 * The threads of a world: thread id to process, process to threads.
 */
export class Members {
  readonly #tgidOf = new Map<number, number>();
  readonly #threads = new Map<number, Set<number>>();

  has(tid: number): boolean {
    return this.#tgidOf.has(tid);
  }

  hasProcess(tgid: number): boolean {
    return this.#threads.has(tgid);
  }

  tids(): IterableIterator<number> {
    return this.#tgidOf.keys();
  }

  processes(): IterableIterator<number> {
    return this.#threads.keys();
  }

  threads(tgid: number): ReadonlySet<number> {
    return this.#threads.get(tgid) ?? new Set();
  }

  tgid(tid: number): number | undefined {
    return this.#tgidOf.get(tid);
  }

  add(tid: number, tgid: number): void {
    this.remove(tid);
    this.#tgidOf.set(tid, tgid);
    const threads = this.#threads.get(tgid);
    if (threads === undefined) this.#threads.set(tgid, new Set([tid]));
    else threads.add(tid);
  }

  /** @returns the process that this was the last thread of. */
  remove(tid: number): number | undefined {
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
