import { expect, it } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { HeldWatch } from './held-watch.ts';
import { CallClock } from './protocol/call-clock.ts';

function make() {
  const clock = new CallClock();
  const said: boolean[] = [];
  let next: (() => void) | undefined;
  const around = { running: false, late: 0 };
  let time = 0;
  const watch = new HeldWatch(clock, {
    isRunning: () => around.running,
    now: () => time,
    changed: (held) => said.push(held),
    later: (look) => {
      next = look;
    },
  });
  const pass = (): void => {
    const look = next;
    next = undefined;
    time += 50 + around.late;
    look?.();
  };
  const begin = (): void => {
    if (clock.begin(tidOf(7))) watch.begin();
  };
  return { clock, said, around, watch, pass, begin, looks: () => next !== undefined };
}

it('says that a thread is held when it waits in one call from one look to the next, and that it is free again', () => {
  const { clock, said, pass, begin, watch } = make();
  begin();
  pass();
  expect(said).toEqual([]);
  pass();
  expect([said, watch.heldIn, clock.caller]).toEqual([[true], clock.serial, 7]);
  pass();
  clock.end();
  pass();
  expect([said, watch.heldIn]).toEqual([[true, false], undefined]);
});

it('lets it be while it runs, asks, or goes from call to call', () => {
  const { clock, said, around, pass, begin } = make();
  begin();
  around.running = true;
  pass();
  around.running = false;
  clock.asking = true;
  pass();
  clock.asking = false;
  pass();
  clock.end();
  begin();
  pass();
  expect(said).toEqual([]);
});

it('lets it be while it is seldom found waiting, in a long call', () => {
  const { said, around, pass, begin } = make();
  begin();
  for (let look = 0; look < 8; look++) {
    around.running = look % 2 === 1;
    pass();
  }
  expect(said).toEqual([]);
  pass();
  expect(said).toEqual([]);
  around.running = false;
  pass();
  pass();
  expect(said).toEqual([true]);
});

it('does not count looks that come late', () => {
  const { said, around, pass, begin } = make();
  begin();
  around.late = 60;
  for (let look = 0; look < 4; look++) pass();
  expect(said).toEqual([]);
  around.late = 0;
  for (let look = 0; look < 2; look++) pass();
  expect(said).toEqual([true]);
});

it('stops to look between calls, and begins with the next', () => {
  const { clock, said, pass, begin, looks } = make();
  begin();
  clock.end();
  pass();
  expect(looks()).toBe(false);
  begin();
  expect(looks()).toBe(true);
  pass();
  pass();
  expect(said).toEqual([true]);
});

it('looks no more at a thread that has ended in a call', () => {
  const { said, pass, begin, watch, looks } = make();
  begin();
  watch.end();
  pass();
  expect([looks(), said]).toEqual([false, []]);
});
