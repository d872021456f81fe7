/**
 * `lsmfs standby`: a world that is booted before there is a command, and how `lsmfs run` takes it.
 *
 * It is a world like any other, found under the state directory, with the same locks; only its first process is missing. What it must
 * have in common with the command is a text (circumstances.ts) that both compare. Whatever goes wrong, `run` makes a world of its own.
 */
import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { peerCredentials, setSocketTimeout } from '../../host/sockets/unix-socket.ts';
import { WorldError } from '../errors.ts';
import type { RunOptions, StandbyOptions } from '../options.ts';
import { BlockingChannel } from '../protocol/blocking-channel.ts';
import type { BootedReply, TakeRequest } from '../protocol/messages.ts';
import { connectToControl } from '../registry/control.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { worldDirectories } from '../registry/listing.ts';
import { livenessOf } from '../registry/liveness.ts';
import { newWorldId } from '../registry/record.ts';
import { currentStateRoot } from '../registry/state-root.ts';
import { circumstances } from './circumstances.ts';
import { claimWorld } from './claim.ts';
import { makeConfigurationDirectories } from './client-configuration.ts';
import { PATIENCE_MS } from './patience.ts';
import { hasSysAdmin, ownStatus } from './process-status.ts';
import { abandon, recordStart } from './record-start.ts';
import {
  requireDescriptors,
  requireFastPathMode,
  requireFileContexts,
  requireHost,
  requireOwnTransport,
} from './requirements.ts';
import { startDaemon } from './spawn-daemon.ts';
import { bootOptions } from './stack-options.ts';
import { unpackStore } from './unpacked-store.ts';

/** A daemon that waits for nothing else answers in a millisecond; one that does not is stopped, or the machine is. */
const TAKE_MS = 1000;
const STDERR = 2;

export interface TakenWorld {
  readonly world: WorldDirectory;
  /** Of its record. */
  readonly id: string;
  readonly channel: BlockingChannel;
  readonly booted: BootedReply;
}

/** @returns its name, when it can be taken. @throws WorldError */
export function startStandby(options: StandbyOptions): string {
  if (!hasSysAdmin(ownStatus())) {
    throw new WorldError(
      'no-privileges',
      'Without CAP_SYS_ADMIN no world can wait for its command: each of a user has a user namespace of its own.',
      'Use `lsmfs run` without it, or start both with sudo.',
    );
  }
  requireHost();
  requireOwnTransport(options.transport);
  requireDescriptors();
  requireFileContexts(options.fileContexts);
  requireFastPathMode();
  const stack = bootOptions(options);
  const key = circumstances(stack);
  const channel = new BlockingChannel(startDaemon());
  const world = claimWorld(currentStateRoot(), undefined);
  const madeDirectories = makeConfigurationDirectories();
  const id = newWorldId();
  try {
    recordStart(world, id, { ...options, seccomp: true, argv: [] }, madeDirectories);
    channel.send({
      kind: 'boot',
      name: world.name,
      id,
      stateRoot: world.root,
      stack: unpackStore(stack, world),
      seccomp: true,
      transport: 'kernel',
      command: [],
      madeDirectories,
      standby: { key, seconds: options.seconds },
    });
    channel.receive('booted');
  } catch (error) {
    abandon(world, madeDirectories);
    throw error;
  } finally {
    channel.close();
  }
  return world.name;
}

/** @returns a world that nobody else gets any more, or `undefined`: none fits. */
export function takeStandby(root: string, options: RunOptions): TakenWorld | undefined {
  const own = options.name ?? options.logFile ?? options.report ?? options.profiles;
  if (own !== undefined || !options.seccomp) return undefined;
  const request: TakeRequest = {
    kind: 'take',
    key: circumstances(bootOptions(options)),
    command: options.argv,
    ...(options.jsonStatusFd === undefined ? {} : { statusFd: options.jsonStatusFd }),
    ...(isatty(STDERR) ? { terminalFd: STDERR } : {}),
    ...(options.commandEnd === undefined ? {} : { commandEnd: options.commandEnd }),
  };
  for (const world of worldDirectories(root)) {
    const key = world.readFile('standby')?.toString('utf8'); // absent: it is no such world
    const taken = key === request.key ? take(world, request) : undefined;
    if (taken !== undefined) return taken;
  }
  return undefined;
}

function take(world: WorldDirectory, request: TakeRequest): TakenWorld | undefined {
  const record = world.read();
  if (record === undefined || livenessOf(world, record) !== 'alive') return undefined;
  const fd = connectToControl(world);
  if (typeof fd === 'object' || fd < 0) return undefined;
  try {
    // Root's may not have what this user's would.
    if (peerCredentials(fd)?.uid !== process.geteuid?.())
      throw new WorldError('unknown-world', 'That is the world of another user.');
    setSocketTimeout(fd, TAKE_MS);
    const channel = new BlockingChannel(fd);
    channel.send(request);
    const booted = channel.receive('booted');
    setSocketTimeout(fd, PATIENCE_MS);
    return { world, id: record.id, channel, booted };
  } catch (error) {
    closeSync(fd);
    if (error instanceof WorldError) return undefined;
    throw error;
  }
}
