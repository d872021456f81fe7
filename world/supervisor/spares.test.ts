import { expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../linux/ids.ts';
import { CallClock, type ClockedCall, isUnderWay, LAST_GONE, RELIEVED } from './protocol/call-clock.ts';
import { type Left, Spares, type Taker } from './spares.ts';

class ImaginedTaker implements Taker {
  heldIn: number | undefined;
  readonly clock = new CallClock();
  readonly left: Left;
  end: (reason: string) => void = () => undefined;
  readonly ended = new Promise<string>((resolve) => {
    this.end = resolve;
  });

  constructor(left?: Left) {
    this.left = left;
  }
}

function make() {
  const first = new ImaginedTaker();
  const started: ImaginedTaker[] = [];
  const holding: ClockedCall[] = [];
  const said: string[] = [];
  const retries: (() => void)[] = [];
  let gone = 0;
  const spares = new Spares({
    first: () => first,
    start: (left, held) => {
      holding.push(held);
      const taker = new ImaginedTaker(left);
      started.push(taker);
      return taker;
    },
    processOf: (tid) => tgidOf(tid),
    lastGone: () => gone++,
    later: (retry) => retries.push(retry),
    log: (text) => said.push(text),
  });
  let caller = 10;
  const hold = (taker: ImaginedTaker | undefined): void => {
    taker?.clock.begin(tidOf(caller++));
    if (taker === undefined) return;
    taker.heldIn = taker.clock.serial;
    spares.changed(taker);
  };
  const free = (taker: ImaginedTaker): void => {
    taker.clock.end();
    taker.heldIn = undefined;
    spares.changed(taker);
  };
  const ends = async (taker: ImaginedTaker | undefined, reason: string): Promise<void> => {
    taker?.end(reason);
    await taker?.ended;
  };
  return { spares, first, started, holding, said, retries, hold, free, ends, gone: () => gone };
}

it('gives a held thread a spare, which leaves the calls of who holds it, and relieves that when the thread is free', async () => {
  const { first, started, holding, said, hold, free, ends } = make();
  hold(first);
  expect(started.map(({ left }) => left)).toEqual([10]);
  expect(said).toEqual(['supervisor: a thread is held by process 10']);
  expect(holding.map(isUnderWay)).toEqual([true]);
  free(first);
  expect(started.map(({ clock }) => clock.relieved)).toEqual([true]);
  expect(holding.map(isUnderWay)).toEqual([false]);
  // The spare that is about to end is no spare.
  hold(first);
  expect(started).toHaveLength(1);
  await ends(started[0], RELIEVED);
  expect(started.map(({ left }) => left)).toEqual([10, 11]);
});

it('starts one that leaves all calls when the spare is held, too, and relieves it when that is free', () => {
  const { first, started, hold, free } = make();
  hold(first);
  const [spare] = started;
  hold(spare);
  expect(started.map(({ left }) => left)).toEqual([10, 'everybody']);
  if (spare !== undefined) free(spare);
  expect(started.map(({ clock }) => clock.relieved)).toEqual([false, true]);
});

it('starts another one for one that failed, after a moment, and none when it is closed', async () => {
  const { spares, first, started, retries, hold, ends } = make();
  hold(first);
  await ends(started[0], 'thread failed');
  expect([started.length, retries.length]).toEqual([1, 1]);
  retries[0]?.();
  expect(started).toHaveLength(2);
  spares.close();
  await ends(started[1], 'thread failed');
  retries[1]?.();
  expect(started).toHaveLength(2);
});

it('hears from a spare that no process is left', async () => {
  const { first, started, hold, ends, gone } = make();
  hold(first);
  await ends(started[0], LAST_GONE);
  expect(gone()).toBe(1);
});
