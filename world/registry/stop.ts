/**
 * Ends a world: its processes first, then the daemon.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Tgid } from '../../linux/ids.ts';
import { SIGKILL } from '../../linux/signal.ts';
import { WorldError } from '../errors.ts';
import { askProcesses } from './ask.ts';
import type { WorldDirectory } from './directory.ts';
import { worldDirectories } from './listing.ts';
import { livenessOf } from './liveness.ts';
import { killMembers, type Member, readMembers, signal } from './members.ts';
import { isAlive } from './process-id.ts';
import { reapIfDead } from './reap.ts';
import type { WorldRecord } from './record.ts';
import { abortConnections } from './repair.ts';
import { currentStateRoot } from './state-root.ts';
import { connectToWorld, unknownWorld, worldNamed } from './worlds.ts';

/** Time of the daemon beyond the grace time of its processes. */
const DAEMON_MS = 5000;
/** Time after SIGKILL until a process counts as unable to end. */
const KILL_MS = 500;
/** Waits for a world that is starting: it cannot be asked yet. */
const START_MS = 2000;
const POLL_MS = 20;

/** Worlds that no command has come for. @returns their names. */
export async function endStandbys(root = currentStateRoot()): Promise<readonly string[]> {
  const waiting = worldDirectories(root).filter((world) => world.read()?.state === 'standby');
  await Promise.all(waiting.map((world) => stopWorld(world.name, 0)));
  return waiting.map(({ name }) => name);
}

/** @returns members that have been killed and do not end: they wait uninterruptibly, for somebody's filesystem say. */
export async function stopWorld(name: string, graceMs: number): Promise<readonly Tgid[]> {
  const world = worldNamed(name);
  await waitFor(() => world.read()?.state !== 'starting', START_MS);
  const record = world.read();
  if (record === undefined) throw unknownWorld(name);
  const liveness = livenessOf(world, record);
  const members = readMembers(world);
  if (liveness === 'dead') await killLeft(members);
  else {
    const listens = liveness === 'alive' && (await askProcesses(world)) !== undefined;
    if (listens) askToStop(name, graceMs);
    const ended = (): boolean => !isAlive(record.owner);
    if (!listens || !(await waitFor(ended, graceMs + DAEMON_MS))) await killWorld(world, record);
  }
  // The lock is released a moment after the kill.
  await waitFor(() => world.read()?.id !== record.id || reapIfDead(world), DAEMON_MS);
  // The daemon may end before the last of them, which are killed by then.
  await waitFor(() => !members.some((member) => isAlive(member)), KILL_MS);
  return members.filter((member) => isAlive(member)).map(({ pid }) => pid);
}

function askToStop(name: string, graceMs: number): void {
  try {
    const channel = connectToWorld(name, DAEMON_MS);
    channel.send({ kind: 'stop', graceMs });
    channel.close();
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    // It does not accept connections: killWorld follows.
  }
}

/** For a daemon that does not react: kills the recorded members first, which may be blocked in calls that it answers. */
async function killWorld(world: WorldDirectory, record: WorldRecord): Promise<void> {
  const daemon = record.owner;
  const members = readMembers(world);
  killMembers(members);
  signal(daemon, SIGKILL);
  const gone = (): boolean => livenessOf(world, record) === 'dead' && !members.some((member) => isAlive(member));
  if (await waitFor(gone, KILL_MS)) return;
  abortConnections(record);
  await waitFor(gone, DAEMON_MS);
}

/** Of a daemon that was killed: its connections ended with it, and their numbers may be others' by now. */
async function killLeft(members: readonly Member[]): Promise<void> {
  killMembers(members);
  await waitFor(() => !members.some((member) => isAlive(member)), KILL_MS);
}

async function waitFor(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > end) return false;
    await sleep(POLL_MS);
  }
  return true;
}
