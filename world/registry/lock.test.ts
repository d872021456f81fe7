import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { isLocked, withLock } from './lock.ts';

it('a lock is held by one at a time and free again afterwards', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-lock-'));
  const order: string[] = [];
  const act = (name: string) => (): boolean => {
    order.push(name);
    return true;
  };
  const [one, another] = [0, 1].map(() => openSync(directory, constants.O_DIRECTORY)) as [number, number];
  const inner = withLock(one, () => isLocked(another) && !withLock(another, act('second'), 10));
  expect(inner).toBe(true);
  expect(isLocked(another)).toBe(false);
  expect(withLock(another, act('third'))).toBe(true);
  expect(order).toEqual(['third']);
  for (const fd of [one, another]) closeSync(fd);
  rmSync(directory, { recursive: true });
});
