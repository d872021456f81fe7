import { expect, it } from 'vitest';
import { SharedFlag } from './shared-flag.ts';

it('is seen by whoever shares its memory', () => {
  const flag = new SharedFlag();
  const elsewhere = new SharedFlag(flag.shared);
  expect(elsewhere.isSet).toBe(false);
  flag.set();
  expect(elsewhere.isSet).toBe(true);
});
