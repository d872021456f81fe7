import { expect, it } from 'vitest';
import { activityOf, type ThreadActivity, ThreadPatience } from './thread-patience.ts';

function make(limit: number) {
  const around = { time: 0, runs: true, used: 500 };
  const patience = new ThreadPatience(
    limit,
    (): ThreadActivity => around,
    () => around.time,
  );
  const pass = (ms: number, now: Partial<ThreadActivity>): boolean => {
    around.time += ms;
    Object.assign(around, now);
    return patience.isOver();
  };
  return pass;
}

it('does not count the time in which a thread gets no processor', () => {
  const pass = make(100);
  for (let look = 0; look < 1000; look++) expect(pass(1000, { runs: true })).toBe(false);
});

it('counts what it runs, and all time in which it waits', () => {
  const pass = make(100);
  expect(pass(1000, { runs: true, used: 540 })).toBe(false);
  expect(pass(50, { runs: false })).toBe(false);
  expect(pass(1000, { runs: true, used: 550 })).toBe(true);
});

it('reads what a thread does, and of one that is gone that it does nothing', () => {
  const before = activityOf('/proc/thread-self');
  expect(before.runs).toBe(true);
  let now = before;
  while (now.used === before.used) now = activityOf('/proc/thread-self');
  expect(now.used).toBeGreaterThan(before.used);
  expect(activityOf('/proc/0')).toEqual({ runs: false, used: 0 });
});
