import { expect, it } from 'vitest';
import { isSettled, SETTLED_MS } from './file-stamp.ts';

it('a change is settled when the clock of its filesystem has moved on', () => {
  const settled = (at: number, nanoseconds: number): boolean => isSettled({ at, seconds: 5n, nanoseconds });
  expect([settled(5001 + SETTLED_MS, 1_000_000), settled(5002 + SETTLED_MS, 1_000_000)]).toEqual([false, true]);
});

it('where only whole seconds are kept, after a whole second', () => {
  const settled = (at: number): boolean => isSettled({ at, seconds: 5n, nanoseconds: 0 });
  expect([settled(5999), settled(6000 + SETTLED_MS), settled(6001 + SETTLED_MS)]).toEqual([false, false, true]);
});
