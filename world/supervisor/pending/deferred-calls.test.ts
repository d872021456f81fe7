import { expect, it } from 'vitest';
import { DeferredCalls } from './deferred-calls.ts';

function deferring(stays = true) {
  let current = 0;
  const state = { now: 0, gone: new Set<number>(), handled: [] as number[], left: 0 };
  const call = {
    copy: () => new Uint8Array([current]),
    restore: ([request = 0]: Uint8Array) => {
      current = request;
    },
    leave: () => {
      state.left++;
    },
    get waiting() {
      return !state.gone.has(current);
    },
  };
  const calls = new DeferredCalls(call, () => state.now, stays);
  const defer = (request: number, turn: number): boolean => {
    current = request;
    return calls.defer(turn);
  };
  const resume = (): void => calls.resume(() => void state.handled.push(current));
  return { calls, state, defer, resume };
}

it('a call is handled when its turn has come, in order', () => {
  const { calls, state, defer, resume } = deferring();
  expect(calls.pause).toBeUndefined();
  expect([defer(1, 5), defer(2, 3), defer(3, 9)]).toEqual([true, true, true]);
  expect(state.left).toBe(3);
  expect(calls.pause).toBe(3_000_000n);
  resume();
  expect(state.handled).toEqual([]);
  state.now = 5;
  resume();
  expect(state.handled).toEqual([1, 2]);
  expect(calls.pause).toBe(4_000_000n);
});

it('whose caller has ended is not handled, and a thread that does not stay lets nobody wait', () => {
  const { calls, state, defer, resume } = deferring();
  defer(1, 0);
  state.gone.add(1);
  resume();
  expect([state.handled, calls.pause]).toEqual([[], undefined]);
  expect(deferring(false).defer(1, 5)).toBe(false);
});

it('not more than some hundred wait', () => {
  const { defer } = deferring();
  expect(Array.from({ length: 300 }, (_, index) => defer(index, 9)).filter((isKept) => isKept)).toHaveLength(256);
});
