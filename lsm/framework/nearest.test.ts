import { expect, test } from 'vitest';
import { didYouMean } from './nearest.ts';

const MODULES = ['labeller', 'guardian', 'toys', 'doorkeeper'];

test.each([
  ['labller', 'Did you mean labeller? '],
  ['gardian', 'Did you mean guardian? '],
  ['laebller', 'Did you mean labeller? '],
  ['LABEller', ''],
  ['watch', ''],
  ['t', ''],
])('%s: %j', (text, expected) => {
  expect(didYouMean(text, MODULES)).toBe(expected);
});
