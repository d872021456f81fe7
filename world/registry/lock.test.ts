import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { withLock } from './lock.ts';

it('a lock is held by one at a time and free again afterwards', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-lock-'));
  const order: string[] = [];
  const act = (name: string) => (): boolean => {
    order.push(name);
    return true;
  };
  const inner = withLock(directory, () => !withLock(directory, act('second'), 10));
  expect(inner).toBe(true);
  expect(withLock(directory, act('third'))).toBe(true);
  expect(order).toEqual(['third']);
  rmSync(directory, { recursive: true });
  expect(withLock(directory, act('gone'))).toBe(false);
});
