import { closeSync, openSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { NR } from '../../libc.ts';
import { rawSyscall } from '../../raw-syscall.ts';
import { Helper, placeProgram } from './helper.ts';

/** What a call on a machine under load may take. */
const LONG_MS = 10_000;

const helpers: Helper[] = [];

function start(): Helper {
  const helper = Helper.start(placeProgram());
  if (typeof helper === 'number') throw new Error(`no helper: errno ${-helper}`);
  helpers.push(helper);
  return helper;
}

afterEach(() => {
  for (const helper of helpers.splice(0)) helper.kill();
});

it('makes calls in turn, with all arguments', () => {
  const helper = start();
  const buffer = helper.dataAddress;
  const calls = [
    [NR.openat, AT_FDCWD, helper.path('/proc/self/comm'), 0],
    [NR.pread64, 0, buffer, 100, 1],
    [NR.close, 0],
    [NR.close, 0],
    [NR.getppid],
  ];
  expect(helper.run(calls, LONG_MS)).toBe(true);
  expect([0, 2, 3, 4].map((index) => helper.result(index))).toEqual([0, 0, -ERRNO.EBADF, process.pid]);
  expect(helper.result(1)).toBeGreaterThan(0);
  expect(helper.data[helper.result(1) - 1]).toBe('\n'.charCodeAt(0));
});

it('has none of our descriptors, and gives us none', () => {
  const before = openSync('/dev/null', 'r');
  const helper = start();
  helper.run([[NR.close, before]], LONG_MS);
  expect(helper.result(0)).toBe(-ERRNO.EBADF);
  helper.run([[NR.openat, AT_FDCWD, helper.path('/dev/null'), 0]], LONG_MS);
  expect(helper.result(0)).toBe(0);
  closeSync(before);
});

it('is left while a call waits, can be used when it is back, and be killed', async () => {
  const helper = start();
  const pipe = helper.dataAddress;
  helper.run([[NR.pipe2, pipe, 0]], LONG_MS); // 0 reads, 1 writes
  expect(helper.run([[NR.read, 0, pipe, 1]], 1)).toBe(false);
  expect(helper.done).toBe(false);
  const writer = rawSyscall(NR.openat, AT_FDCWD, helper.path(`/proc/${helper.pid}/fd/1`), 1);
  rawSyscall(NR.write, writer, pipe, 1);
  rawSyscall(NR.close, writer);
  await expect.poll(() => helper.done, { timeout: LONG_MS }).toBe(true);
  expect(helper.result(0)).toBe(1);
  expect(helper.run([[NR.getppid]], LONG_MS)).toBe(true);
  expect(helper.run([[NR.read, 0, pipe, 1]], 1)).toBe(false);
  helper.kill();
  await expect.poll(() => helper.isGone(), { timeout: LONG_MS }).toBe(true);
  expect(helper.done).toBe(false);
});
