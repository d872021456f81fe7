import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { E, type Errno } from '../../../linux/errno.ts';
import { consentOf } from './consent.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const atOnce = (refused: Errno | undefined, expire: () => Errno | undefined = () => undefined) => ({
  patience: 10,
  ask: (answered: (refused: Errno | undefined) => void) => {
    answered(refused);
    return expire;
  },
});

it('waits no more for what was answered at once', async () => {
  const expire = vi.fn(() => undefined);
  expect(await consentOf([atOnce(undefined, expire), atOnce(E.EPERM, expire)])).toBe(E.EPERM.number);
  expect(vi.getTimerCount()).toBe(0);
  expect(expire).not.toHaveBeenCalled();
});

it('asks nobody after a refusal', async () => {
  const ask = vi.fn(() => () => undefined);
  expect(await consentOf([atOnce(E.EACCES), { patience: 10, ask }])).toBe(E.EACCES.number);
  expect(ask).not.toHaveBeenCalled();
});

it('takes what ends the wait for the answer that did not come', async () => {
  const ended = consentOf([{ patience: 10, ask: () => () => E.EPERM }]);
  await vi.advanceTimersByTimeAsync(10);
  expect(await ended).toBe(E.EPERM.number);
});
