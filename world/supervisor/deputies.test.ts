import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../linux/ids.ts';
import type { Culprit } from './culprits.ts';
import { Deputies, type Taker } from './deputies.ts';
import { CallClock, type ClockedCall, isUnderWay, LAST_GONE, RELIEVED } from './protocol/call-clock.ts';

class ImaginedTaker implements Taker {
  heldIn: number | undefined;
  readonly clock = new CallClock();
  readonly culprits: readonly Culprit[] | 'everybody' | undefined;
  end: (reason: string) => void = () => undefined;
  readonly ended = new Promise<string>((resolve) => {
    this.end = resolve;
  });

  constructor(culprits?: readonly Culprit[] | 'everybody') {
    this.culprits = culprits;
  }
}

function make() {
  const first = new ImaginedTaker();
  const started: ImaginedTaker[] = [];
  const holding: ClockedCall[] = [];
  const said: string[] = [];
  const retries: (() => void)[] = [];
  let gone = 0;
  const deputies = new Deputies({
    first: () => first,
    start: (culprits, held) => {
      holding.push(held);
      const taker = new ImaginedTaker(culprits);
      started.push(taker);
      return taker;
    },
    culpritOf: (tid) => ({ tgid: tgidOf(tid), fsuid: 1000 }),
    lastGone: () => gone++,
    later: (retry) => retries.push(retry),
    log: (text) => said.push(text),
  });
  let caller = 10;
  const hold = (taker: ImaginedTaker): void => {
    taker.clock.begin(tidOf(caller++));
    taker.heldIn = taker.clock.serial;
    deputies.changed(taker);
  };
  const free = (taker: ImaginedTaker): void => {
    taker.clock.end();
    taker.heldIn = undefined;
    deputies.changed(taker);
  };
  const ends = async (taker: ImaginedTaker | undefined, reason: string): Promise<void> => {
    taker?.end(reason);
    await taker?.ended;
  };
  return { deputies, first, started, holding, said, retries, hold, free, ends, gone: () => gone };
}

it('gives a held thread a deputy, which knows who holds it, and relieves that when the thread is free', () => {
  const { first, started, holding, hold, free } = make();
  hold(first);
  expect(holding.map(isUnderWay)).toEqual([true]);
  const culprit = { tgid: 10, fsuid: 1000, clock: first.clock.shared, serial: first.clock.serial };
  expect(started.map(({ culprits }) => culprits)).toEqual([[culprit]]);
  free(first);
  expect(holding.map(isUnderWay)).toEqual([false]);
  expect(started.map(({ clock }) => clock.relieved)).toEqual([true]);
});

it('suspects nobody where the thread has gone on to the call of another meanwhile', () => {
  const { deputies, first, started } = make();
  first.clock.begin(tidOf(10));
  first.heldIn = first.clock.serial;
  first.clock.end();
  first.clock.begin(tidOf(11));
  deputies.changed(first);
  expect(started.map(({ culprits }) => culprits)).toEqual([[]]);
});

it('gives a held deputy another one, and the last looks at no call until one is free that does', () => {
  const { first, started, hold, free } = make();
  hold(first);
  for (let index = 0; index < 6; index++) hold(started[index] ?? first);
  expect(started).toHaveLength(7);
  expect(started[6]?.culprits).toBe('everybody');
  free(started[2] ?? first);
  expect(started.map(({ clock }) => clock.relieved)).toEqual([...Array<boolean>(6).fill(false), true]);
});

it('starts one when a relieved one has ended, and the thread is held again meanwhile', async () => {
  const { first, started, hold, free, ends } = make();
  hold(first);
  for (let index = 0; index < 6; index++) hold(started[index] ?? first);
  free(first);
  hold(first);
  expect(started).toHaveLength(7);
  await ends(started[6], RELIEVED);
  expect(started).toHaveLength(8);
});

it('tries again when one fails, and none when all is over', async () => {
  const { deputies, first, started, said, retries, hold, ends, gone } = make();
  hold(first);
  await ends(started[0], 'thread failed: no memory');
  expect([started.length, said.at(-1)]).toEqual([1, 'supervisor: a deputy ended: thread failed: no memory']);
  retries[0]?.();
  expect(started).toHaveLength(2);
  await ends(started[1], LAST_GONE);
  deputies.close();
  hold(first);
  expect([gone(), started.length]).toEqual([1, 2]);
});
