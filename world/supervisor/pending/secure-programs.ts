/**
 * Programs that are to run with AT_SECURE, until they are there (host/process/exec-trace.ts): the modules have said so, the
 * host's kernel did not ask them.
 *
 * Nobody waits here: between two calls the supervisor looks who has stopped.
 * How long an execve(2) takes is up to its caller, who may serve the program himself, so what takes long is looked at less
 * often, and of so many at a time no more are taken.
 */
import type { ExecTrace } from '../../../host/process/exec-trace.ts';
import type { Tid } from '../../../linux/ids.ts';

const MOST = 1024;
/** After so long an execve(2) is one that takes long. */
const LONG_MS = 100;
const SOON_NS = 1_000_000n;
const SELDOM_NS = 20_000_000n;

export class SecurePrograms {
  readonly #trace: Pick<ExecTrace, 'look' | 'seize'>;
  readonly #now: () => number;
  readonly #kept: () => void;
  /** With the time when each was seized. */
  readonly #executing = new Map<Tid, number>();
  #newest = 0;
  #lastLookAtAll = 0;

  /** @param kept a program runs without it. @param now in milliseconds. */
  constructor(kept: () => void, trace: Pick<ExecTrace, 'look' | 'seize'>, now: () => number = () => performance.now()) {
    this.#kept = kept;
    this.#now = now;
    this.#trace = trace;
  }

  /** The caller of the current execve(2) is about to go on with it. @param isAlone its process has no other thread. */
  expect(tid: Tid, isAlone: boolean): void {
    if (!isAlone || this.#executing.size >= MOST || !this.#trace.seize(tid)) {
      this.#kept();
      return;
    }
    this.#newest = this.#now();
    this.#executing.set(tid, this.#newest);
  }

  /** How long to wait before {@link look}; `undefined` = for ever. */
  get pause(): bigint | undefined {
    if (this.#executing.size === 0) return undefined;
    return this.#now() - this.#newest < LONG_MS ? SOON_NS : SELDOM_NS;
  }

  /** To be called between two calls. */
  look(): void {
    if (this.#executing.size === 0) return;
    const now = this.#now();
    const all = now - this.#lastLookAtAll >= Number(SELDOM_NS) / 1e6;
    if (all) this.#lastLookAtAll = now;
    for (const [tid, since] of this.#executing) {
      if (!all && now - since >= LONG_MS) continue;
      const state = this.#trace.look(tid);
      if (state === 'waits') continue;
      this.#executing.delete(tid);
      if (state === 'kept') this.#kept();
    }
  }
}
