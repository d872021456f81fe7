import { expect, it } from 'vitest';
import { type Tgid, tgidOf, tidOf } from '../../../linux/ids.ts';
import type { Ask } from '../protocol/questions/index.ts';
import { NewPrograms } from './new-programs.ts';

function setUp() {
  const ended = new Set<number>();
  const asked: number[] = [];
  let looks = 0;
  const ask = ((question: { tid: number }) => void asked.push(question.tid)) as unknown as Ask;
  const programs = new NewPrograms(ask, (process) => {
    looks++;
    return !ended.has(process);
  });
  return { programs, ended, asked, looks: () => looks };
}

const FIRST = tgidOf(1);
/** Executes in its only thread. */
const executes = (programs: NewPrograms, tgid: Tgid): void => programs.expectRefusals(tgid, tidOf(tgid));

it('the first call of a program is known, however many others are executed before it', () => {
  const { programs, asked, looks } = setUp();
  for (let at = 1; at <= 5000; at++) {
    executes(programs, tgidOf(at));
    programs.add(tidOf(at));
  }
  expect([programs.isFirstCall(tidOf(FIRST)), programs.isFirstCall(tidOf(FIRST))]).toEqual([true, false]);
  programs.complete(tidOf(FIRST));
  expect(asked).toEqual([FIRST]);
  expect(looks()).toBeLessThan(4 * 10_000);
});

it('those that have ended are forgotten', () => {
  const { programs, ended } = setUp();
  for (let at = 1; at <= 1000; at++) {
    executes(programs, tgidOf(at));
    programs.closes(tgidOf(at), [{ descriptor: 3 } as never]);
    ended.add(at);
  }
  for (let at = 2001; at <= 2025; at++) executes(programs, tgidOf(at));
  ended.clear(); // their numbers are those of others now
  expect(programs.isFirstCall(tidOf(FIRST))).toBe(false);
  expect(programs.takeClosing(FIRST)).toEqual([]);
  expect(programs.isFirstCall(tidOf(2001))).toBe(true);
});
