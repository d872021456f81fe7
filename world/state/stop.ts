/**
 * Ending a world: its processes first, then the daemon, which then has nothing left to serve.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorldError } from '../errors.ts';
import type { WorldDirectory } from './directory.ts';
import { namespacesWithSource } from './mount-info.ts';
import { isAlive } from './process-id.ts';
import { reapIfDead } from './reap.ts';
import { mountSource } from './source.ts';
import { connectToWorld, unknownWorld, worldNamed } from './worlds.ts';

/** What the daemon may need beyond the grace it gives to its processes. */
const DAEMON_MS = 5000;
const POLL_MS = 20;

export async function stopWorld(name: string, graceMs: number): Promise<void> {
  const world = worldNamed(name);
  const record = world.read();
  if (record === undefined) throw unknownWorld(name);
  if (isAlive(record.owner)) {
    askToStop(name, graceMs);
    const ended = (): boolean => !isAlive(record.owner);
    if (!(await waitFor(ended, graceMs + DAEMON_MS))) await killWorld(world, record.owner.pid);
  }
  reapIfDead(world);
}

function askToStop(name: string, graceMs: number): void {
  try {
    const channel = connectToWorld(name, DAEMON_MS);
    channel.send({ kind: 'stop', graceMs });
    channel.close();
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    // It does not listen: killWorld is next.
  }
}

/** The daemon does not react. Without it nobody else knows the members, except by the mounts they see. */
async function killWorld(world: WorldDirectory, daemon: number): Promise<void> {
  kill(daemon);
  for (const view of namespacesWithSource(mountSource(world.name))) view.pids.forEach(kill);
  await waitFor(() => namespacesWithSource(mountSource(world.name)).length === 0, DAEMON_MS);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

async function waitFor(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > end) return false;
    await sleep(POLL_MS);
  }
  return true;
}
