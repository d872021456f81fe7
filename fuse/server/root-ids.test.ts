import { expect, test } from 'vitest';
import { mapsRoot } from './root-ids.ts';

test.each([
  ['         0          0 4294967295\n', true],
  ['      1000       1000          1\n', false],
  ['         0     100000       1000\n      1000       1000          1\n      1001     101000      64535\n', true],
  ['      1000       1000          1\n         0     100000       1000\n', true],
  ['', true],
])('%j', (map, expected) => {
  expect(mapsRoot(map)).toBe(expected);
});
