import { expect, it } from 'vitest';
import { unfollowedResult } from './unfollowed-program.ts';

/** Text of /proc/<tid>/stat. */
const statOf = (state: string, started: number, argumentsEnd: number): string =>
  `7 (x) ${[state, ...Array(18).fill(0), started, ...Array(26).fill(0), argumentsEnd, 0].join(' ')}`;

/** Each look finds the next text, and all further ones the last. */
function result(...texts: (string | undefined)[]) {
  let looks = 0;
  const found = unfollowedResult('100', () => texts[Math.min(looks++, texts.length - 1)]);
  return { result: found, looks };
}

it('a program runs when it has its arguments', () => {
  const [early, runs] = [statOf('R', 100, 0), statOf('R', 100, 0x7ffe)];
  expect(result(runs)).toEqual({ result: 0, looks: 1 });
  expect(result(early, early, runs)).toEqual({ result: 0, looks: 3 });
});

it('who ends before that, or whose number is another one by then, has none', () => {
  const early = statOf('R', 100, 0);
  for (const then of [statOf('Z', 100, 0), statOf('R', 101, 1), undefined])
    expect(result(early, then)).toEqual({ result: undefined, looks: 2 });
});

it('who draws it out is not waited for', () => {
  expect(result(statOf('D', 100, 0)).result).toBe(0);
});
