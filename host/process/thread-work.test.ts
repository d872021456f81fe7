import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { isAtWork } from './thread-work.ts';

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(path.join(tmpdir(), 'lsmfs-work-'));
});
afterEach(() => rmSync(proc, { recursive: true }));

function set(directory: string, name: string, state: 'R' | 'S' | 'D', children = ''): void {
  const at = path.join(proc, directory);
  mkdirSync(at, { recursive: true });
  writeFileSync(`${at}/comm`, `${name}\n`);
  writeFileSync(`${at}/stat`, `7 (${name}) ${state} 1 7 7 0 -1 0 0 0 0 0 3 4 0 0 20 0 1 0 100 0 0\n`);
  writeFileSync(`${at}/children`, children);
}

it('is at work while it runs, or a helper of it, or what works for io_uring', () => {
  const isSo = () => isAtWork(tidOf(7), proc);
  set('self/task/7', 'node', 'S', '30 31 ');
  set('self/task/8', 'node', 'R');
  set('self/task/9', 'iou-wrk-7', 'S');
  set('30', 'lsmfs-helper', 'S');
  set('31', 'lsmfs-helper', 'D');
  expect(isSo()).toBe(false);
  set('self/task/9', 'iou-wrk-7', 'R');
  expect(isSo()).toBe(true);
  set('self/task/9', 'iou-wrk-7', 'D');
  set('31', 'lsmfs-helper', 'R');
  expect(isSo()).toBe(true);
  set('31', 'lsmfs-helper', 'S');
  set('self/task/7', 'node', 'R');
  expect(isSo()).toBe(true);
});

it('counts as at work when it is not there any more', () => {
  set('self/task/8', 'node', 'S');
  expect(isAtWork(tidOf(7), proc)).toBe(true);
});
