import { expect, test } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import { joinedThreads } from './joined-threads.ts';

const threads = Array.from({ length: 200 }, (_, index) => tidOf(100 + index));

function looks(own: number, ended: (tid: number) => boolean): { readonly ended: number; readonly looks: number } {
  let count = 0;
  const found = joinedThreads(threads, tidOf(own), (tid) => {
    count += 1;
    return ended(tid);
  });
  return { ended: found.length, looks: count };
}

test('of a process whose threads live one is looked at', () => {
  expect(looks(100, () => false)).toEqual({ ended: 0, looks: 1 });
  expect(looks(150, () => false)).toEqual({ ended: 0, looks: 1 });
});

test('a process that has joined all of its threads has none but its own', () => {
  expect(looks(100, () => true)).toEqual({ ended: 199, looks: 199 });
});

test('those that have ended before one that lives are found', () => {
  expect(looks(100, (tid) => tid < 103)).toEqual({ ended: 2, looks: 3 });
});
