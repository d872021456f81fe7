import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { NR } from '../libc.ts';
import { isAtWork } from './thread-work.ts';

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(path.join(tmpdir(), 'lsmfs-work-'));
});
afterEach(() => rmSync(proc, { recursive: true }));

type State = 'R' | 'S' | 'D';

function set(directory: string, name: string, state: State, { call = 0 } = {}): void {
  const at = path.join(proc, directory);
  mkdirSync(at, { recursive: true });
  writeFileSync(`${at}/comm`, `${name}\n`);
  writeFileSync(`${at}/stat`, `7 (${name}) ${state} 1 7 7 0 -1 0 0 0 0 0 3 4 0 0 20 0 1 0 100 0 0\n`);
  writeFileSync(`${at}/syscall`, state === 'R' ? 'running\n' : `${call} 0x1 0x0 0x0 0x0 0x0 0x0 0x7ffe 0x7f38\n`);
}

const isSo = (): boolean => isAtWork(tidOf(7), proc);

it('is at work while it runs', () => {
  set('self/task/7', 'node', 'S');
  set('self/task/8', 'node', 'R');
  expect(isSo()).toBe(false);
  set('self/task/7', 'node', 'R');
  expect(isSo()).toBe(true);
});

it.each([
  ['io_uring_enter', 'iou-wrk-7', 'node'],
  ['futex', 'node', undefined],
] as const)('is at work in %s while a thread runs that it may wait for', (call, worker, other) => {
  set('self/task/7', 'node', 'S', { call: NR[call] });
  set(`self/task/${process.pid}`, 'node', 'R');
  set('self/task/8', worker, 'D');
  if (other) set('self/task/9', other, 'R');
  expect(isSo()).toBe(false);
  set('self/task/8', worker, 'R');
  expect(isSo()).toBe(true);
  set('self/task/7', 'node', 'S', { call: NR.process_vm_readv });
  expect(isSo()).toBe(false);
});

it('counts as at work when it is not there any more', () => {
  set('self/task/8', 'node', 'S');
  expect(isSo()).toBe(true);
});
