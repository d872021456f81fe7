import { expect, it } from 'vitest';
import { DeferredCalls } from './deferred-calls.ts';

function deferring(stays = true) {
  let current = 0;
  const turn = { pause: 0 };
  const state = { turn, gone: new Set<number>(), handled: [] as number[], left: 0 };
  const call = {
    copy: () => new Uint8Array(new Uint32Array([current]).buffer),
    restore: (request: Uint8Array) => {
      current = new Uint32Array(request.buffer)[0] ?? 0;
    },
    leave: () => {
      state.left++;
    },
    get waiting() {
      return !state.gone.has(current);
    },
  };
  const calls = new DeferredCalls(call, turn, stays);
  const defer = (request: number): boolean => {
    current = request;
    return calls.defer();
  };
  const resume = (): void => calls.resume(() => void state.handled.push(current));
  return { calls, state, turn, defer, resume };
}

it('calls have turns in the order in which they came, and each waits for one turn however many there are', () => {
  const { calls, state, turn, defer, resume } = deferring();
  expect(calls.pause).toBeUndefined();
  turn.pause = 3;
  const flood = Array.from({ length: 1000 }, (_, index) => index);
  expect(flood.every(defer)).toBe(true);
  expect(state.left).toBe(1000);
  expect(calls.pause).toBe(3_000_000n);
  resume();
  expect(state.handled).toEqual([]);
  for (const number of flood.slice(0, 3)) {
    turn.pause = 0;
    resume();
    expect(state.handled.at(-1)).toBe(number);
    turn.pause = 3;
    resume();
  }
  expect(state.handled).toEqual([0, 1, 2]);
});

it('whose caller has ended is not handled, and a thread that does not stay lets nobody wait', () => {
  const { calls, state, defer, resume } = deferring();
  for (const number of [1, 2, 3]) defer(number);
  state.gone.add(1).add(2);
  resume();
  expect([state.handled, calls.pause]).toEqual([[3], undefined]);
  expect(deferring(false).defer(1)).toBe(false);
});

it('not more wait than there is memory for', () => {
  const { defer } = deferring();
  expect(Array.from({ length: 65_540 }, (_, index) => defer(index)).filter((isKept) => isKept)).toHaveLength(65_536);
});
