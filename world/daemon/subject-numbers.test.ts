import { expect, it } from 'vitest';
import { REMEMBERED, SubjectNumbers } from './subject-numbers.ts';

it('equal texts have equal numbers', () => {
  const numbers = new SubjectNumbers();
  const first = numbers.of('a');
  expect(numbers.of('b')).not.toBe(first);
  expect(numbers.of('a')).toBe(first);
});

it('a number is never given to another text, however many there are', () => {
  const numbers = new SubjectNumbers();
  const given = new Set<number>();
  for (let index = 0; index <= REMEMBERED; index++) given.add(numbers.of(`text ${index}`));
  expect(given.size).toBe(REMEMBERED + 1);
  expect(given).not.toContain(numbers.of('text 0')); // it was forgotten
  expect(given).toContain(numbers.of(`text ${REMEMBERED}`));
});
