import { expect, it } from 'vitest';
import { tgidOf } from '../../linux/ids.ts';
import { Culprits } from './culprits.ts';

const of = (tgid: number, fsuid: number) => ({ tgid: tgidOf(tgid), fsuid });

it('knows processes, and users who hold several threads', () => {
  const culprits = new Culprits([of(10, 1000), of(11, 1001), of(12, 1001)], 0);
  expect([of(10, 1000), of(13, 1000), of(13, 1001)].map((caller) => culprits.has(caller))).toEqual([true, false, true]);
});

it('counts processes of the trusted user one by one', () => {
  const culprits = new Culprits([of(10, 0), of(11, 0), of(12, 0)], 0);
  expect([of(12, 0), of(13, 0)].map((caller) => culprits.has(caller))).toEqual([true, false]);
});

it('can be everybody', () => {
  expect(new Culprits('everybody', 0).has(of(10, 0))).toBe(true);
});
