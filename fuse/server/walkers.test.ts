import { expect, test } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { StaticDirectory } from '../../vfs/pseudo/index.ts';
import { Walkers } from './walkers.ts';

const directory = (keepsEntriesBriefly: boolean) =>
  Object.assign(new StaticDirectory({ ino: 2, mode: 0o555 }), { keepsEntriesBriefly });

test('a thread that was told of a directory takes one step into it', () => {
  const walkers = new Walkers();
  const [one, other] = [directory(true), directory(true)];
  walkers.told(tidOf(1), one);
  expect(walkers.takesStep(tidOf(2), one)).toBe(false);
  expect(walkers.takesStep(tidOf(1), other)).toBe(false);
  expect(walkers.takesStep(tidOf(1), one)).toBe(true);
  expect(walkers.takesStep(tidOf(1), one)).toBe(false);
});

test('only directories that keep their entries briefly are remembered, and so many threads', () => {
  const walkers = new Walkers();
  const [kept, other] = [directory(true), directory(false)];
  walkers.told(tidOf(1), other);
  expect(walkers.takesStep(tidOf(1), other)).toBe(false);
  for (let tid = 1; tid <= 300; tid++) walkers.told(tidOf(tid), kept);
  expect(walkers.takesStep(tidOf(1), kept)).toBe(false);
  expect(walkers.takesStep(tidOf(300), kept)).toBe(true);
});
