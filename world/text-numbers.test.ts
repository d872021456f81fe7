import { expect, it } from 'vitest';
import { REMEMBERED, TextNumbers } from './text-numbers.ts';

it('equal texts have equal numbers', () => {
  const numbers = new TextNumbers();
  const first = numbers.of('a');
  expect(numbers.of('b')).not.toBe(first);
  expect(numbers.of('a')).toBe(first);
});

it('a number is never given to another text, however many there are', () => {
  const numbers = new TextNumbers();
  const given = new Set<number>();
  for (let index = 0; index <= REMEMBERED; index++) given.add(numbers.of(`text ${index}`));
  expect(given.size).toBe(REMEMBERED + 1);
  expect(given).not.toContain(numbers.of('text 0')); // it was forgotten
  expect(given).toContain(numbers.of(`text ${REMEMBERED}`));
});
