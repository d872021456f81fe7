import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { release } from 'node:os';
import { expect, it } from 'vitest';
import { exitStatus } from './exit-status.ts';
import { openProcess } from './process.ts';

/** PIDFD_INFO_EXIT is there since Linux 6.15. */
function hostTells(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 15);
}

it.each([
  ['exit 3', 3 << 8],
  ['kill -TERM $$', 15],
])('%s', async (command, status) => {
  const child = spawn('sh', ['-c', `read x; ${command}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  const pidfd = openProcess(child.pid ?? 0);
  expect(exitStatus(pidfd)).toBeUndefined();
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.end('\n');
  await ended;
  expect(exitStatus(pidfd)).toBe(hostTells() ? status : undefined);
  closeSync(pidfd);
});
