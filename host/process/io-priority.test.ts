import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { getPriority, setPriority } from 'node:os';
import { expect, it } from 'vitest';
import { tidOf } from '../../linux/ids.ts';
import { IOPRIO_CLASS_BE, IOPRIO_CLASS_SHIFT, IOPRIO_WHO_PROCESS } from '../../linux/process.ts';
import { NR } from '../libc.ts';
import { rawSyscall } from '../raw-syscall.ts';
import { ioPriority } from './io-priority.ts';

it('follows the nice value until it is set, and is unknown of who has ended', async () => {
  const child = spawn('sleep', ['60']);
  const ended = once(child, 'exit');
  const pid = tidOf(child.pid ?? 0);
  const besteffort = (level: number): number => (IOPRIO_CLASS_BE << IOPRIO_CLASS_SHIFT) | level;
  expect(ioPriority(pid)).toBe(besteffort(Math.floor((getPriority() + 20) / 5)));
  setPriority(pid, 19);
  expect(ioPriority(pid)).toBe(besteffort(7));
  expect(rawSyscall(NR.ioprio_set, IOPRIO_WHO_PROCESS, pid, besteffort(2))).toBe(0);
  expect(ioPriority(pid)).toBe(besteffort(2));
  child.kill();
  await ended;
  expect(ioPriority(pid)).toBe(undefined);
});
