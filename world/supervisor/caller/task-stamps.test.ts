import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import { NO_STAMP, TaskStamps } from './task-stamps.ts';

const child = () => {
  const process = spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = once(process, 'exit');
  const end = () => {
    process.kill('SIGKILL');
    return ended;
  };
  return { pid: tgidOf(process.pid ?? 0), end };
};

describe('the stamp of a thread', () => {
  const tasks = new TaskStamps();
  afterAll(() => tasks.close());

  it('stays the same until it has ended', async () => {
    const first = child();
    const second = child();
    const stamp = tasks.of(first.pid);
    expect(stamp).not.toBe(NO_STAMP);
    expect(tasks.of(second.pid)).not.toBe(stamp);
    expect(tasks.of(first.pid)).toBe(stamp);
    await Promise.all([first.end(), second.end()]);
    tasks.forget();
    expect(tasks.of(first.pid)).toBe(NO_STAMP);
  });

  it('is assumed to be that of who had the id before, until it is looked at', async () => {
    const first = child();
    const stamp = tasks.of(first.pid);
    tasks.forget();
    expect(tasks.isSame(first.pid)).toBe(true);
    await first.end();
    expect(tasks.assumed(first.pid)).toBe(stamp);
    tasks.forget();
    expect(tasks.assumed(first.pid)).toBe(stamp);
    expect(tasks.isSame(first.pid)).toBe(false);
    expect(tasks.assumed(first.pid)).toBe(NO_STAMP);
  });

  it('is sure after a look-up in the entry of the thread, which fails once it has ended', async () => {
    const { pid, end } = child();
    const stamp = tasks.of(pid);
    tasks.forget();
    const cwd = `/proc/self/fd/${tasks.entry(pid)}/cwd`;
    expect(readlinkSync(cwd)).toBe(process.cwd());
    tasks.found(pid);
    expect(tasks.of(pid)).toBe(stamp);
    await end();
    expect(() => readlinkSync(cwd)).toThrow(/ESRCH|ENOENT/);
  });

  it('is another for another program, and ends with it', async () => {
    const { pid, end } = child();
    const stamp = tasks.of(pid);
    tasks.executes(pid, tgidOf(pid));
    expect(tasks.of(pid)).not.toBe(stamp);
    expect(tasks.of(pid)).not.toBe(NO_STAMP);
    await end();
  });

  it('is not given to a process that another thread than the first one replaces', async () => {
    const { pid, end } = child();
    const noThread = 2 ** 30;
    tasks.of(pid);
    tasks.executes(tidOf(noThread), pid);
    expect(tasks.of(pid)).toBe(NO_STAMP);
    await end();
  });

  it('is given to others, however many such processes there were', async () => {
    const [replaced, other] = [child(), child()];
    const noThread = tidOf(2 ** 30);
    tasks.executes(noThread, replaced.pid);
    for (let ended = 1; ended <= 5000; ended++) tasks.executes(noThread, tgidOf(2 ** 29 + ended));
    expect(tasks.of(other.pid)).not.toBe(NO_STAMP);
    expect(tasks.of(replaced.pid)).toBe(NO_STAMP);
    await Promise.all([replaced.end(), other.end()]);
  });

  it('outlives many others', async () => {
    const { pid, end } = child();
    const stamp = tasks.of(pid);
    const others = Array.from({ length: 70 }, child);
    for (const other of others) {
      tasks.of(other.pid);
      expect(tasks.of(pid)).toBe(stamp);
    }
    await Promise.all([end(), ...others.map((other) => other.end())]);
  });
});
