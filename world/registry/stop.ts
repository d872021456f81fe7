/**
 * Ending a world: its processes first, then the daemon, which then has nothing left to serve.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorldError } from '../errors.ts';
import { askProcesses } from './ask.ts';
import type { WorldDirectory } from './directory.ts';
import { livenessOf } from './liveness.ts';
import { killMembers, readMembers } from './members.ts';
import { isAlive } from './process-id.ts';
import { reapIfDead } from './reap.ts';
import type { WorldRecord } from './record.ts';
import { abortConnections } from './repair.ts';
import { connectToWorld, unknownWorld, worldNamed } from './worlds.ts';

/** What the daemon may need beyond the grace it gives to its processes. */
const DAEMON_MS = 5000;
/** What SIGKILL may take before something is in its way. */
const KILL_MS = 500;
/** A world that starts is waited for: half of it cannot be asked. */
const START_MS = 2000;
const POLL_MS = 20;

export async function stopWorld(name: string, graceMs: number): Promise<void> {
  const world = worldNamed(name);
  await waitFor(() => world.read()?.state !== 'starting', START_MS);
  const record = world.read();
  if (record === undefined) throw unknownWorld(name);
  const liveness = livenessOf(world, record);
  if (liveness !== 'dead') {
    const listens = liveness === 'alive' && (await askProcesses(world)) !== undefined;
    if (listens) askToStop(name, graceMs);
    const ended = (): boolean => !isAlive(record.owner);
    if (!listens || !(await waitFor(ended, graceMs + DAEMON_MS))) await killWorld(world, record);
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
async function killWorld(world: WorldDirectory, record: WorldRecord): Promise<void> {
  const daemon = record.owner;
  const members = readMembers(world);
  killMembers(members);
  if (isAlive(daemon)) kill(daemon.pid);
  const gone = (): boolean => livenessOf(world, record) === 'dead' && !members.some(isAlive);
  if (await waitFor(gone, KILL_MS)) return;
  abortConnections(record);
  await waitFor(gone, DAEMON_MS);
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
