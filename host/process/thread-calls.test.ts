import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, write } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { NR } from '../libc.ts';
import { isWaitedIn } from './thread-calls.ts';

it('finds the thread that waits in a call, by its first argument', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-calls-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const fifo = path.join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const fd = openSync(fifo, 'w');
  expect(isWaitedIn(NR.write, fd)).toBe(false);
  // More than a pipe holds.
  const written = new Promise<string | undefined>((resolve) => {
    write(fd, Buffer.alloc(1 << 20), (error) => resolve(error?.code));
  });
  await expect.poll(() => isWaitedIn(NR.write, fd), { timeout: 30_000 }).toBe(true);
  expect([isWaitedIn(NR.write, fd + 1), isWaitedIn(NR.read, fd)]).toEqual([false, false]);
  closeSync(reader);
  await written;
  expect(isWaitedIn(NR.write, fd)).toBe(false);
  closeSync(fd);
});
