/**
 * Programs that wait for the checker's answer, and the checker that waits for programs.
 *
 * Model: request.c and we_fs.c of WhiteEgret 4.0.0 (2018). A request that was read stays the first until it is answered.
 */

/** What is asked. Answers are matched by process. */
export interface Request {
  readonly tgid: number;
  /** struct we_req_user */
  readonly bytes: Uint8Array;
  /** The value in the answer: -EACCES refuses. */
  answered(permit: number): void;
}

export class RequestQueue {
  /** Somebody has the file open: there is a checker. */
  opened = false;
  readonly #requests: Request[] = [];
  readonly #readers = new Set<() => void>();

  get first(): Request | undefined {
    return this.#requests[0];
  }

  add(request: Request): void {
    this.#requests.push(request);
    const readers = [...this.#readers];
    this.#readers.clear();
    for (const wake of readers) wake();
  }

  /** @returns `false` when it was not there any more. */
  take(request: Request): boolean {
    const at = this.#requests.indexOf(request);
    if (at >= 0) this.#requests.splice(at, 1);
    return at >= 0;
  }

  /** @returns `false` when no such process waits. */
  answer(tgid: number, permit: number): boolean {
    const request = this.#requests.find((one) => one.tgid === tgid);
    if (request !== undefined) this.conclude(request, permit);
    return request !== undefined;
  }

  conclude(request: Request, permit: number): void {
    if (this.take(request)) request.answered(permit);
  }

  /** The checker is gone. @param permit what all that wait are answered. */
  close(permit: number): void {
    this.opened = false;
    for (const request of this.#requests.splice(0)) request.answered(permit);
  }

  /** @param wake called once, when there is a request. @returns a function that ends the wait. */
  whenAsked(wake: () => void): () => void {
    this.#readers.add(wake);
    return () => this.#readers.delete(wake);
  }
}
