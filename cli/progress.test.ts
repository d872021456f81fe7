import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Progress, watched } from './progress.ts';

let shown = '';
const terminal = process.stderr.isTTY;

beforeEach(() => {
  shown = '';
  vi.useFakeTimers();
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    shown += String(text);
    return true;
  });
});

afterEach(() => {
  process.stderr.isTTY = terminal;
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test.each([
  [true, '\r2 files\x1b[K\r4 files\x1b[K\r\x1b[K'],
  [false, ''],
])('on a terminal (%s), not at once and not for each file', (isTTY, expected) => {
  process.stderr.isTTY = isTTY;
  const progress = new Progress();
  progress.show('1 files');
  vi.advanceTimersByTime(500);
  progress.show('2 files');
  progress.show('3 files');
  vi.advanceTimersByTime(100);
  progress.show('4 files');
  progress.end();
  expect(shown).toBe(expected);
});

test('a step without a count is told at once, also right after a count', () => {
  process.stderr.isTTY = true;
  const progress = new Progress();
  progress.show('compiling 9 modules');
  vi.advanceTimersByTime(500);
  progress.show('1 of 9 modules read');
  progress.show('compiling 9 modules');
  progress.end();
  expect(shown).toBe('\rcompiling 9 modules\x1b[K\r1 of 9 modules read\x1b[K\rcompiling 9 modules\x1b[K\r\x1b[K');
});

test('what is waited for is told, and taken away, also after a failure', async () => {
  process.stderr.isTTY = true;
  const work = new Promise((_, refuse) => setTimeout(() => refuse(new Error('failed')), 1200));
  const done = expect(watched('waiting', work)).rejects.toThrow('failed');
  await vi.advanceTimersByTimeAsync(1200);
  await done;
  expect(shown).toBe('\rwaiting\x1b[K\rwaiting\x1b[K\r\x1b[K');
});
