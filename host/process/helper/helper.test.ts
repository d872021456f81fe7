import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NONBLOCK } from '../../../linux/fcntl.ts';
import { FUTEX_WAIT_PRIVATE } from '../../../linux/futex.ts';
import { NR } from '../../libc.ts';
import { rawSyscall } from '../../raw-syscall.ts';
import { Helper, placeProgram, reapHelpers } from './helper.ts';

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

it('does not wake until it is asked', async () => {
  const helper = start();
  // A futex that is 0, without a time-out.
  const waiting = [`${NR.futex}`, expect.any(String) as unknown, `0x${FUTEX_WAIT_PRIVATE.toString(16)}`, '0x0', '0x0'];
  const syscall = (): string[] => readFileSync(`/proc/${helper.pid}/syscall`, 'latin1').split(' ').slice(0, 5);
  await expect.poll(syscall, { timeout: LONG_MS }).toEqual(waiting);
  helper.run([[NR.getppid]], LONG_MS);
  await expect.poll(syscall, { timeout: LONG_MS }).toEqual(waiting);
});

it('is no zombie after its end, however it came', async () => {
  const states = () =>
    execFileSync('ps', ['-o', 'pid=,stat=', '--ppid', String(process.pid)], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes('Z'));
  const [killed, ended] = [start(), start()];
  killed.kill();
  process.kill(ended.pid, 'SIGKILL');
  await expect
    .poll(() => {
      reapHelpers();
      return states();
    })
    .toEqual([]);
  expect([killed.isGone(), ended.isGone()]).toEqual([true, true]);
});

/** Starts one that waits for who reads from a pipe, and is not killed meanwhile when this process ends. */
const UNPREPARED = `
import { Helper, placeProgram } from ${JSON.stringify(new URL('helper.ts', import.meta.url).href)};
import { NR } from ${JSON.stringify(new URL('../../libc.ts', import.meta.url).href)};
import { AT_FDCWD, O_WRONLY } from ${JSON.stringify(new URL('../../../linux/fcntl.ts', import.meta.url).href)};
import { PR_SET_PDEATHSIG } from ${JSON.stringify(new URL('../../../linux/process.ts', import.meta.url).href)};
const helper = Helper.start(placeProgram());
helper.run([[NR.prctl, PR_SET_PDEATHSIG, 0], [NR.openat, AT_FDCWD, helper.path(process.argv[1]), O_WRONLY]], 1);
console.log(helper.pid);
setInterval(() => {}, 1000);
`;

it('ends after its calls when its process has ended meanwhile', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-helper-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const fifo = path.join(directory, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const argv = ['--import', 'tsx', '--input-type=module', '-e', UNPREPARED, fifo];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [text] = await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await ended;
  const pid = Number(String(text));
  onTestFinished(() => {
    if (lives(pid)) process.kill(pid, 'SIGKILL');
  });
  expect(lives(pid)).toBe(true);
  closeSync(openSync(fifo, O_NONBLOCK));
  await expect.poll(() => lives(pid), { timeout: LONG_MS }).toBe(false);
});

/** Is there such a process that has not ended? */
function lives(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}
