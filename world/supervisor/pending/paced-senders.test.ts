import { expect, it } from 'vitest';
import { PacedSenders } from './paced-senders.ts';

it('senders in containers have a tenth of the time while others are at work', () => {
  let now = 0;
  const senders = new PacedSenders(() => now);
  const floods = [1, 2, 3];
  let served = 0;
  let calls = 0;
  // All want a turn always; each takes a millisecond.
  while (now < 1000) {
    senders.othersWork();
    const flood = floods.find((socket) => senders.turnOf(socket) === undefined);
    const began = now++;
    if (flood === undefined) calls++;
    else {
      senders.served(flood, began);
      served++;
    }
  }
  expect(served).toBeGreaterThanOrEqual(98);
  expect(served).toBeLessThanOrEqual(102);
  expect(calls).toBeGreaterThan(880);
});

it('alone they are served at once, and do not wait for ever for a message that took long', () => {
  let now = 0;
  const senders = new PacedSenders(() => now);
  senders.served(1, -5000);
  expect(senders.turnOf(1)).toBeUndefined(); // nobody else was there
  senders.othersWork();
  expect(senders.turnOf(1)).toBe(100);
  expect(senders.turnOf(2)).toBeUndefined(); // not known as one of them
  now = 21;
  expect(senders.turnOf(1)).toBeUndefined();
  senders.othersWork();
  expect(senders.turnOf(1)).toBe(100);
  now = 100;
  senders.othersWork();
  expect(senders.turnOf(1)).toBeUndefined();
});
