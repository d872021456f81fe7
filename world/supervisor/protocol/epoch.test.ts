import { expect, it } from 'vitest';
import { Epoch } from './epoch.ts';

it('moves for whoever shares its memory', () => {
  const epoch = new Epoch();
  const elsewhere = new Epoch(epoch.shared);
  const before = elsewhere.now;
  expect(elsewhere.now).toBe(before);
  epoch.move();
  expect(elsewhere.now).not.toBe(before);
  const between = epoch.now;
  elsewhere.move();
  expect(epoch.now).not.toBe(between);
});
