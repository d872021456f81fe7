import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import {
  BoundedCalls,
  type CallHelper,
  type CallSurroundings,
  HELPER_PATIENCE_MS,
  WaitingError,
} from './bounded-calls.ts';

/** Waits when it is asked to. */
class ImaginedHelper implements CallHelper {
  readonly data = new Uint8Array(8);
  readonly dataAddress = 0;
  readonly pid = 1;
  readonly patience: number[] = [];
  done = true;
  killed = false;
  readonly #surroundings: ImaginedSurroundings;

  constructor(surroundings: ImaginedSurroundings) {
    this.#surroundings = surroundings;
  }
  run(_calls: readonly unknown[], patience: number): boolean {
    this.patience.push(patience);
    this.done = !this.#surroundings.waits;
    return this.done;
  }
  path(): number {
    return 0;
  }
  result(): number {
    return 0;
  }
  take(): number {
    return 0;
  }
  kill(): void {
    this.killed = true;
  }
  isGone(): boolean {
    return this.killed;
  }
}

class ImaginedSurroundings implements CallSurroundings {
  readonly started: ImaginedHelper[] = [];
  waits = false;
  time = 0;
  start(): CallHelper {
    const helper = new ImaginedHelper(this);
    this.started.push(helper);
    return helper;
  }
  groupOf(tid: number): number {
    return Math.floor(tid / 10); // ten threads in each
  }
  now(): number {
    return this.time;
  }
}

function make() {
  const around = new ImaginedSurroundings();
  const calls = new BoundedCalls(around);
  const use = (tid: number, undone = false) =>
    calls.use(tidOf(tid), (_helper, run) => {
      run([[0]], undone);
      return 'done';
    });
  const hold = (tid: number, undone = false): void => {
    around.waits = true;
    expect(() => use(tid, undone)).toThrow(WaitingError);
    around.waits = false;
  };
  return { around, calls, use, hold };
}

it('uses one helper for everybody as long as nobody waits', () => {
  const { around, use } = make();
  expect([use(10), use(20), use(11)]).toEqual(['done', 'done', 'done']);
  expect(around.started).toHaveLength(1);
});

it('does not ask about a process again before its helper is back', () => {
  const { around, use, hold } = make();
  hold(10);
  expect(() => use(11)).toThrow(WaitingError);
  expect(use(20)).toBe('done');
  expect(around.started.map(({ patience }) => patience.length)).toEqual([1, 1]);
  for (const helper of around.started) helper.done = true;
  expect(use(11)).toBe('done');
  expect(around.started.map(({ killed }) => killed)).toEqual([false, false]);
});

it('has less patience with each process that waits, until a while has passed', () => {
  const { around, use, hold } = make();
  for (let process = 1; process <= 30; process++) hold(process * 10);
  const spent = around.started.flatMap(({ patience }) => patience).reduce((sum, ms) => sum + ms, 0);
  expect(around.started[0]?.patience).toEqual([HELPER_PATIENCE_MS]);
  expect(spent).toBeLessThan(2 * HELPER_PATIENCE_MS + 30);
  for (const helper of around.started) helper.done = true;
  around.time = 1e6;
  use(10);
  use(20);
  const [last] = around.started.filter(({ patience }) => patience.length > 2);
  expect(last?.patience.at(-1)).toBe(HELPER_PATIENCE_MS);
});

it('kills a helper whose calls must not happen later, and lets the process be for a while', () => {
  const { around, use, hold } = make();
  hold(10, true);
  expect(around.started[0]?.killed).toBe(true);
  expect(() => use(10)).toThrow(WaitingError);
  around.time = 1e6;
  expect(use(10)).toBe('done');
});

it('leaves a bounded number of helpers waiting', () => {
  const { around, hold } = make();
  for (let process = 1; process <= 100; process++) hold(process * 10);
  expect(around.started.filter(({ killed }) => !killed)).toHaveLength(64);
});

it('ends all helpers', () => {
  const { around, calls, use, hold } = make();
  hold(10);
  use(20);
  calls.close();
  expect(around.started.map(({ killed }) => killed)).toEqual([true, true]);
});
