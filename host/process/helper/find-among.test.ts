import { expect, it } from 'vitest';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { findAmong, WaitingError } from './bounded-calls.ts';

const numbers = (count: number): Tid[] => Array.from({ length: count }, (_, index) => tidOf(index + 1));
const held = (): never => {
  throw new WaitingError();
};

it('a process that is held is passed over', () => {
  expect(findAmong(numbers(3), (tid) => (tid === 3 ? 'found' : held()))).toBe('found');
  expect(findAmong(numbers(3), held)).toBeUndefined();
  expect(findAmong(numbers(3), () => undefined)).toBeUndefined();
});

it('many are not waited for, and other errors are none of waiting', () => {
  let looks = 0;
  const counted = (): never => {
    looks++;
    return held();
  };
  expect(() => findAmong(numbers(1000), counted)).toThrow(WaitingError);
  expect(looks).toBe(33);
  const known = (tid: Tid): 'found' => {
    if (tid < 1000) throw new WaitingError(true);
    return 'found';
  };
  expect(findAmong(numbers(1000), known)).toBe('found');
  expect(() =>
    findAmong(numbers(1), () => {
      throw new TypeError();
    }),
  ).toThrow(TypeError);
});
