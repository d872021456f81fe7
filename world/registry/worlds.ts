/**
 * Lists worlds, and connects to them, from outside.
 */
import path from 'node:path';
import { setSocketTimeout } from '../../host/sockets/unix-socket.ts';
import { ERRNO } from '../../linux/errno.ts';
import { didYouMean } from '../../lsm/framework/nearest.ts';
import { WorldError } from '../errors.ts';
import type { WorldInfo } from '../options.ts';
import { BlockingChannel } from '../protocol/blocking-channel.ts';
import { askProcesses } from './ask.ts';
import { connectToControl } from './control.ts';
import { WorldDirectory } from './directory.ts';
import { worldDirectories } from './listing.ts';
import { livenessOf } from './liveness.ts';
import { isWorldName } from './names.ts';
import { DaemonPatience } from './patience.ts';
import { currentStateRoot } from './state-root.ts';

const LOOK_AGAIN_MS = 100;

export function unknownWorld(name: string): WorldError {
  const names = worldDirectories(currentStateRoot()).map((world) => world.name);
  return new WorldError(
    'unknown-world',
    `There is no world named '${name}'.`,
    `${didYouMean(name, names)}See \`lsmfs ps\`.`,
  );
}

/**
 * The directory that a world of this name has or would have.
 * @throws WorldError when no world can have the name, such as a path, or others may have put there what has it.
 */
export function worldNamed(name: string): WorldDirectory {
  if (!isWorldName(name)) throw unknownWorld(name);
  const world = new WorldDirectory(currentStateRoot(), name);
  const { objection } = world;
  if (objection !== undefined) throw leftAloneError(`${world.path} ${objection}`);
  return world;
}

function leftAloneError(what: string): WorldError {
  return new WorldError(
    'state-directory',
    `${what}: it is left alone.`,
    'Only what you and root own is believed, where nobody else may write. See `lsmfs ps`.',
  );
}

/** An answer that is longer than a message, which the daemon has written to a file. */
export function takeAnswer(name: string, { file }: { readonly file: string }): Buffer {
  const world = worldNamed(name);
  const answer = world.readFile(path.basename(file));
  if (answer === undefined) throw unknownWorld(name);
  world.removeFile(path.basename(file));
  return answer;
}

/** A connection to the daemon of a world, whose liveness was checked. @throws WorldError */
export function connectToWorld(name: string, timeoutMs: number): BlockingChannel {
  const world = worldNamed(name);
  refuseSilent(world);
  awaitSign(world);
  const fd = connect(world);
  setSocketTimeout(fd, timeoutMs);
  return new BlockingChannel(fd);
}

/** With a time limit for a daemon that lives but does not answer. */
function awaitSign(world: WorldDirectory): void {
  const fd = connect(world);
  setSocketTimeout(fd, LOOK_AGAIN_MS);
  const patience = new DaemonPatience(world.read()?.owner.pid ?? 0);
  const channel = new BlockingChannel(fd, () => patience.isOver);
  try {
    channel.send({ kind: 'status' });
    channel.receive('status');
  } finally {
    channel.close();
  }
}

function connect(world: WorldDirectory): number {
  const { name } = world;
  const fd = connectToControl(world);
  if (typeof fd === 'object') throw leftAloneError(`The server of ${world.path} runs as user ${fd.uid}`);
  if (fd === -ERRNO.ENOENT || fd === -ERRNO.ECONNREFUSED) throw unknownWorld(name);
  if (fd < 0)
    throw new WorldError('daemon-lost', `The daemon of '${name}' cannot be reached.`, `Run: lsmfs stop ${name}`);
  return fd;
}

/** Does not wait for a daemon that cannot answer. */
function refuseSilent(world: WorldDirectory): void {
  const record = world.read();
  const liveness = record && livenessOf(world, record);
  if (liveness === 'stopped') {
    throw new WorldError(
      'daemon-lost',
      `The daemon of '${world.name}' is stopped.`,
      `Let it go on: kill -CONT ${record?.owner.pid}; or end the world: lsmfs stop ${world.name}`,
    );
  }
  if (liveness === 'dying') {
    const message = `The daemon of '${world.name}' was killed and does not come to its end.`;
    throw new WorldError('daemon-lost', message, 'Run: lsmfs doctor --repair');
  }
}

async function describe(world: WorldDirectory): Promise<WorldInfo | undefined> {
  const record = world.read();
  if (record === undefined) return undefined;
  const liveness = livenessOf(world, record);
  const serves = liveness === 'alive' && record.state !== 'starting';
  const processes = serves ? await askProcesses(world) : [];
  const live = processes === undefined ? 'unresponsive' : record.state;
  return {
    name: world.name,
    daemonPid: record.owner.pid,
    daemonStartTime: record.owner.startTime,
    state: liveness === 'alive' ? live : liveness,
    started: record.started,
    processes: processes ?? [],
    lsm: record.lsm,
    profile: record.profile,
    seccomp: record.seccomp,
    command: record.command,
  };
}

export async function listWorlds(): Promise<readonly WorldInfo[]> {
  const worlds = await Promise.all(worldDirectories(currentStateRoot()).map(describe));
  return worlds
    .filter((info) => info !== undefined)
    .sort((a, b) => a.started - b.started || a.name.localeCompare(b.name));
}
