/**
 * Ending a world: its processes first, then the daemon, which then has nothing left to serve.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorldError } from '../errors.ts';
import type { WorldDirectory } from './directory.ts';
import { killMembers, readMembers } from './members.ts';
import { isAlive, type ProcessId } from './process-id.ts';
import { reapIfDead } from './reap.ts';
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
    if (!(await waitFor(ended, graceMs + DAEMON_MS))) await killWorld(world, record.owner);
  }
  // A process that was killed holds its directory a moment longer.
  await waitFor(() => world.read()?.id !== record.id || reapIfDead(world), DAEMON_MS);
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

/** The daemon does not react: what it wrote down of its members has to do. They go first, for they wait for its answers. */
async function killWorld(world: WorldDirectory, daemon: ProcessId): Promise<void> {
  const members = readMembers(world);
  killMembers(members);
  kill(daemon.pid);
  await waitFor(() => !isAlive(daemon) && !members.some(isAlive), DAEMON_MS);
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
