import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../linux/ids.ts';
import { type Culprit, Culprits } from './culprits.ts';
import { CallClock } from './protocol/call-clock.ts';

const of = (tgid: number, fsuid: number) => ({ tgid: tgidOf(tgid), fsuid });

/** Holds a thread until `end`. */
function holding(tgid: number, fsuid: number): { readonly culprit: Culprit; readonly clock: CallClock } {
  const clock = new CallClock();
  clock.begin(tidOf(tgid));
  return { culprit: { ...of(tgid, fsuid), clock: clock.shared, serial: clock.serial }, clock };
}

it('knows processes, and users who hold several threads', () => {
  const known = [holding(10, 1000), holding(11, 1001), holding(12, 1001)];
  const culprits = new Culprits(
    known.map(({ culprit }) => culprit),
    0,
  );
  const has = (): boolean[] => [of(10, 1000), of(13, 1000), of(13, 1001)].map((caller) => culprits.has(caller));
  expect(has()).toEqual([true, false, true]);
  known[2]?.clock.end();
  expect(has()).toEqual([true, false, false]);
});

it('counts processes of the trusted user one by one', () => {
  const known = [10, 11, 12].map((tgid) => holding(tgid, 0).culprit);
  const culprits = new Culprits(known, 0);
  expect([of(12, 0), of(13, 0)].map((caller) => culprits.has(caller))).toEqual([true, false]);
});

it('knows that a process holds the thread no more, before the deputy is relieved', () => {
  const { culprit, clock } = holding(10, 1000);
  const culprits = new Culprits([culprit], 0);
  expect(culprits.has(of(10, 1000))).toBe(true);
  clock.end();
  expect(culprits.has(of(10, 1000))).toBe(false);
  clock.begin(tidOf(10)); // its next call
  expect(culprits.has(of(10, 1000))).toBe(false);
});

it('can be everybody', () => {
  expect(new Culprits('everybody', 0).has(of(10, 0))).toBe(true);
});
