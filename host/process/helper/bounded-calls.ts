/**
 * System calls about other processes in a time that those cannot extend: made by helpers.
 *
 * A helper that is not back in time is left to wait, and until it is back its process is not asked about again. All
 * users together cannot take much time: each process that is found waiting halves the patience for the next.
 */
import { readFileSync } from 'node:fs';
import type { Tid } from '../../../linux/ids.ts';
import { NR } from '../../libc.ts';
import { statusNumbers } from '../../procfs/status.ts';
import { Helper, type PreparedCall, placeProgram } from './helper.ts';

/** What was asked about a process was not found out, because that waits. */
export class WaitingError extends Error {
  /** It was known before that it is held, so that nobody has waited. */
  readonly known: boolean;

  constructor(known = false) {
    super();
    this.known = known;
  }
}

/** Processes that are found to be held in a search: less than a tenth of a second in all. */
const MOST_FOUND_HELD = 32;

/**
 * What `look` finds of the first process of which it finds something. One that is held is passed over: whoever holds it
 * holds up no search for another. @throws WaitingError when many are found to be held that were not known to be
 */
export function findAmong<T>(processes: Iterable<Tid>, look: (process: Tid) => T | undefined): T | undefined {
  let held = 0;
  for (const process of processes) {
    try {
      const found = look(process);
      if (found !== undefined) return found;
    } catch (error) {
      if (!(error instanceof WaitingError) || (!error.known && ++held > MOST_FOUND_HELD)) throw error;
    }
  }
  return undefined;
}

/** Replaced in tests. */
export type CallHelper = Pick<
  Helper,
  'data' | 'dataAddress' | 'done' | 'isGone' | 'kill' | 'path' | 'pid' | 'result' | 'run' | 'take'
>;

export interface CallSurroundings {
  /** `undefined` where there are no helpers. */
  start(): CallHelper | undefined;
  /** Thread group; `undefined` when it has ended. */
  groupOf(tid: Tid): number | undefined;
  /** ms, of a clock that never goes back. */
  now(): number;
}

/** A process that was found waiting. */
interface Held {
  readonly group: number | undefined;
  readonly since: number;
  /** Waits for it; absent = it was killed. */
  helper: CallHelper | undefined;
  /** The helper came back. */
  free: boolean;
}

export const HELPER_PATIENCE_MS = 20;
const LEAST_PATIENCE_MS = 1;
/** How long it counts that a process was found waiting, and how long one is not asked about whose helper was killed. */
const REMEMBERED_MS = 10_000;
/** Helpers that are left to wait. */
const MOST_WAITING = 64;
const CLOSE_ALL: readonly PreparedCall[] = [[NR.close_range, 0, 0xffffffff, 0]];

/** By {@link Helper}s, which have the credentials of the calling thread as it starts the first. */
export class HelperSurroundings implements CallSurroundings {
  #program: number | undefined;

  start(): CallHelper | undefined {
    this.#program ??= placeProgram();
    const helper = this.#program < 0 ? undefined : Helper.start(this.#program);
    return typeof helper === 'number' ? undefined : helper;
  }

  groupOf(tid: Tid): number | undefined {
    try {
      return statusNumbers(readFileSync(`/proc/${tid}/status`, 'latin1'), 'Tgid')[0];
    } catch {
      return undefined;
    }
  }

  now(): number {
    return performance.now();
  }
}

export class BoundedCalls {
  readonly #around: CallSurroundings;
  readonly #idle: CallHelper[] = [];
  #held: Held[] = [];

  constructor(around: CallSurroundings = new HelperSurroundings()) {
    this.#around = around;
  }

  /** `false` where there are no helpers. */
  get available(): boolean {
    if (this.#idle.length > 0 || this.#held.length > 0) return true;
    const helper = this.#around.start();
    if (helper !== undefined) this.#idle.push(helper);
    return helper !== undefined;
  }

  /**
   * Lets `work` use a helper for calls about the process of `tid`; absent = not known: those count as one. The helper has no file open, and
   * `work` must leave none open. `work` calls `run` for each list of calls; with `undone`, a helper that has to wait is killed, so that the
   * calls do not happen later.
   */
  use<T>(
    tid: Tid | undefined,
    work: (helper: CallHelper, run: (calls: readonly PreparedCall[], undone?: boolean) => void) => T,
  ): T {
    this.#sweep();
    if (this.#held.length > 0) {
      const group = tid && this.#around.groupOf(tid);
      if (this.#held.some((held) => !held.free && held.group === group)) throw new WaitingError(true);
    }
    const helper = this.#idle.pop() ?? this.#around.start();
    if (helper === undefined) throw new WaitingError();
    let left = false;
    const run = (calls: readonly PreparedCall[], undone = false): void => {
      if (helper.run(calls, Math.max(HELPER_PATIENCE_MS / 2 ** this.#held.length, LEAST_PATIENCE_MS))) return;
      left = true;
      this.#leave(tid, helper, undone);
      throw new WaitingError();
    };
    try {
      const result = work(helper, run);
      this.#idle.push(helper);
      return result;
    } catch (error) {
      if (!left) helper.kill(); // it may have files open
      throw error;
    }
  }

  /** Ends the helpers. */
  close(): void {
    for (const helper of this.#idle.splice(0)) helper.kill();
    for (const { helper } of this.#held.splice(0)) helper?.kill();
  }

  #leave(tid: Tid | undefined, helper: CallHelper, undone: boolean): void {
    const waiting = this.#held.filter((held) => held.helper !== undefined).length;
    const killed = undone || waiting >= MOST_WAITING || helper.isGone();
    if (killed) helper.kill();
    this.#held.push({
      group: tid && this.#around.groupOf(tid),
      since: this.#around.now(),
      helper: killed ? undefined : helper,
      free: false,
    });
  }

  #sweep(): void {
    if (this.#held.length === 0) return;
    for (const held of this.#held) {
      const { helper } = held;
      if (helper?.done === true) {
        held.helper = undefined;
        held.free = true;
        if (helper.run(CLOSE_ALL, HELPER_PATIENCE_MS)) this.#idle.push(helper);
      } else if (helper?.isGone() === true) held.helper = undefined;
    }
    const now = this.#around.now();
    this.#held = this.#held.filter(({ helper, since }) => helper !== undefined || now - since < REMEMBERED_MS);
  }
}
