/** A daemon that is still booting, here from a file that does not come, ends by a signal at once. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const NAME = 'booting';
const PATIENCE_MS = 60_000;

/** Opens a FIFO for writing once somebody waits to read it. */
async function whenRead(fifo: string): Promise<number> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO' || Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it.each(['SIGTERM', 'SIGINT'] as const)('ends by %s', async (signal) => {
  const root = mkdtempSync(path.join(tmpdir(), 'lsmfs-boot-'));
  try {
    const profiles = path.join(root, 'profiles');
    execFileSync('mkfifo', [profiles]);
    mkdirSync(path.join(root, NAME), { mode: 0o700 });
    const daemon = spawn(process.execPath, ['dist/daemon.js'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const ended = once(daemon, 'exit');
    const stack = { profile: 'mainline', enforcing: false, lsm: 'apparmor', profiles: [profiles] };
    const what = { kind: 'boot', name: NAME, id: '0', stateRoot: root, seccomp: true, transport: 'kernel' };
    (daemon.stdio[3] as Socket).write(`${JSON.stringify({ ...what, stack, command: [], madeDirectories: [] })}\n`);
    const writer = await whenRead(profiles);
    daemon.kill(signal);
    expect(await ended).toEqual([null, signal]);
    closeSync(writer);
  } finally {
    rmSync(root, { recursive: true });
  }
});
