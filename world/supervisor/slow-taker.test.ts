import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NR } from '../../host/libc.ts';
import { tidOf } from '../../linux/ids.ts';
import { SECCOMP_IOCTL_NOTIF_ADDFD, SECCOMP_IOCTL_NOTIF_SEND } from '../../linux/ioctl.ts';
import { SlowTaker } from './slow-taker.ts';

const THREAD = tidOf(7);
const CALLER = tidOf(30);

let proc: string;
beforeEach(() => {
  proc = mkdtempSync(path.join(tmpdir(), 'lsmfs-taker-'));
  for (const directory of [`self/task/${THREAD}`, `${CALLER}`])
    mkdirSync(path.join(proc, directory), { recursive: true });
  waitIn(SECCOMP_IOCTL_NOTIF_ADDFD);
  become('R (running)');
});
afterEach(() => rmSync(proc, { recursive: true }));

function waitIn(request: number): void {
  const text = `${NR.ioctl} 0x24 0x${request.toString(16)} 0x7f77 0x0 0x0 0x0 0x7ffe 0x7f77\n`;
  writeFileSync(path.join(proc, `self/task/${THREAD}/syscall`), text);
}

const become = (state: string): void =>
  writeFileSync(path.join(proc, `${CALLER}/status`), `Name:\tsh\nState:\t${state}\n`);

it('delays the thread that hands it a descriptor for a second', () => {
  let now = 5000;
  const taker = new SlowTaker(proc, () => now);
  const delays = (serial: number, later: number): boolean => {
    now += later;
    return taker.delays(THREAD, { caller: CALLER, serial });
  };
  expect([delays(1, 0), delays(1, 999), delays(1, 1), delays(3, 0), delays(3, 999)]).toEqual([
    true,
    true,
    false,
    true,
    true,
  ]);
});

it('does not while it waits for something else, has ended, or the thread does something else', () => {
  const delays = (): boolean => new SlowTaker(proc).delays(THREAD, { caller: CALLER, serial: 1 });
  expect(delays()).toBe(true);
  become('D (disk sleep)');
  expect(delays()).toBe(false);
  become('R (running)');
  waitIn(SECCOMP_IOCTL_NOTIF_SEND);
  expect(delays()).toBe(false);
  waitIn(SECCOMP_IOCTL_NOTIF_ADDFD);
  rmSync(path.join(proc, `${CALLER}`), { recursive: true });
  expect(delays()).toBe(false);
});
