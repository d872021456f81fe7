/**
 * Looking at worlds from outside.
 */
import { BlockingChannel } from '../control/blocking-channel.ts';
import { WorldError } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { WorldInfo } from '../options.ts';
import { ERRNO } from '../sys/libc.ts';
import { connectUnix, setSocketTimeout } from '../sys/unix-socket.ts';
import { currentStateRoot, WorldDirectory, worldDirectories } from './directory.ts';
import { isWorldName } from './names.ts';
import { isDead } from './reap.ts';

const PATIENCE_MS = 1000;

export function unknownWorld(name: string): WorldError {
  const names = worldDirectories(currentStateRoot()).map((world) => world.name);
  return new WorldError(
    'unknown-world',
    `There is no world named '${name}'.`,
    `${didYouMean(name, names)}See \`lsmfs ps\`.`,
  );
}

/** The directory that a world of this name has or would have. @throws WorldError when no world can have the name, such as a path. */
export function worldNamed(name: string): WorldDirectory {
  if (!isWorldName(name)) throw unknownWorld(name);
  return new WorldDirectory(currentStateRoot(), name);
}

/** A connection to the daemon of a world. @throws WorldError */
export function connectToWorld(name: string, timeoutMs: number): BlockingChannel {
  const world = worldNamed(name);
  const fd = connectUnix(world.control);
  if (fd === -ERRNO.ENOENT || fd === -ERRNO.ECONNREFUSED) throw unknownWorld(name);
  if (fd < 0)
    throw new WorldError('daemon-lost', `The daemon of '${name}' cannot be reached.`, `Run: lsmfs stop ${name}`);
  setSocketTimeout(fd, timeoutMs);
  return new BlockingChannel(fd);
}

/** Process ids of a world's members, or `undefined` when the daemon does not answer in time. */
function askProcesses(name: string): readonly number[] | undefined {
  try {
    const channel = connectToWorld(name, PATIENCE_MS);
    try {
      channel.send({ kind: 'status' });
      return channel.receive('status').processes;
    } finally {
      channel.close();
    }
  } catch {
    return undefined;
  }
}

export function pingDaemon(name: string): boolean {
  return askProcesses(name) !== undefined;
}

function describe(world: WorldDirectory): WorldInfo | undefined {
  const record = world.read();
  if (record === undefined) return undefined;
  const dead = isDead(world);
  const processes = dead || record.state === 'starting' ? [] : askProcesses(world.name);
  const live = processes === undefined ? 'unresponsive' : record.state;
  return {
    name: world.name,
    daemonPid: record.owner.pid,
    daemonStartTime: record.owner.startTime,
    state: dead ? 'dead' : live,
    started: record.started,
    processes: processes ?? [],
    lsm: record.lsm,
    profile: record.profile,
    seccomp: record.seccomp,
    command: record.command,
  };
}

export function listWorlds(): readonly WorldInfo[] {
  return worldDirectories(currentStateRoot())
    .map(describe)
    .filter((info) => info !== undefined)
    .sort((a, b) => a.started - b.started || a.name.localeCompare(b.name));
}
