import { expect, test } from 'vitest';
import { insideIds, mapsRoot, ownerId } from './user-namespace-ids.ts';

test.each([
  ['         0          0 4294967295\n', true],
  ['      1000       1000          1\n', false],
  ['         0     100000       1000\n      1000       1000          1\n      1001     101000      64535\n', true],
  ['      1000       1000          1\n         0     100000       1000\n', true],
  ['', true],
])('%j', (map, expected) => {
  expect(mapsRoot(map)).toBe(expected);
});

test('whom the namespace does not know is shown as root', () => {
  const alone = insideIds('      1000     100000          1\n');
  expect([0, 7, 1000, 65534].map((id) => ownerId(id, 1000, alone))).toEqual([1000, 1000, 1000, 1000]);
  const further = insideIds('         0     300000       1000\n      1000       1000          1\n');
  expect([0, 7, 1000, 65534].map((id) => ownerId(id, 0, further))).toEqual([0, 7, 1000, 0]);
  expect(ownerId(65534, 0, undefined)).toBe(65534);
});
