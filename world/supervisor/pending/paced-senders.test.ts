import { expect, it } from 'vitest';
import { PacedSenders } from './paced-senders.ts';

it('senders in containers have a tenth of the time while others are at work', () => {
  let now = 0;
  const senders = new PacedSenders(() => now);
  let served = 0;
  let calls = 0;
  // They want a turn always; each takes a millisecond.
  while (now < 1000) {
    senders.othersWork();
    const isTurn = senders.pause === 0;
    const began = now++;
    if (!isTurn) calls++;
    else {
      senders.served(began);
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
  senders.served(-5000);
  expect(senders.pause).toBe(0); // nobody else was there
  senders.othersWork();
  expect(senders.pause).toBe(20); // so long they are taken to be at work
  now = 20;
  expect(senders.pause).toBe(0);
  senders.othersWork();
  now = 39;
  senders.othersWork();
  expect(senders.pause).toBe(20);
  now = 99;
  senders.othersWork();
  expect(senders.pause).toBe(1);
  now = 100;
  expect(senders.pause).toBe(0);
});
