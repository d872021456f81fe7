/**
 * `lsmfs standby`: a world that is booted before there is a command, and how `lsmfs run` takes it.
 *
 * It is a world like any other, found under the state directory, with the same locks; only its first process is missing. Its mount
 * namespace is made by who starts it, and kept by the daemon. A taker sends its options to the letter (StandbyKeys), and the daemon
 * compares the rest (daemon/circumstances.ts). Whatever goes wrong, `run` makes a world of its own. launch.pl takes one without Node.
 */
import { closeSync, openSync, statSync } from 'node:fs';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { unshare } from '../../host/mounts/mount.ts';
import { inMountNamespace } from '../../host/mounts/mount-namespace.ts';
import { peerCredentials, setSocketTimeout } from '../../host/sockets/unix-socket.ts';
import { CLONE_FS } from '../../linux/process.ts';
import { WorldError } from '../errors.ts';
import type { RunOptions, StackOptions, StandbyOptions } from '../options.ts';
import { BlockingChannel } from '../protocol/blocking-channel.ts';
import type { BootedReply, FurnishRequest, TakeRequest } from '../protocol/messages.ts';
import { connectToControl } from '../registry/control.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { worldDirectories } from '../registry/listing.ts';
import { livenessOf } from '../registry/liveness.ts';
import { newWorldId } from '../registry/record.ts';
import { mountSource } from '../registry/source.ts';
import { parseStandby, type StandbyKeys } from '../registry/standby-file.ts';
import { currentStateRoot } from '../registry/state-root.ts';
import { claimWorld } from './claim.ts';
import { makeConfigurationDirectories } from './client-configuration.ts';
import { bootParameters } from './command-line.ts';
import { hasNamedDirectory, isSameThere } from './enter-namespace.ts';
import { checkMount } from './mount-points.ts';
import { devicesOf, enterNewNamespace, furnishNamespace } from './namespace.ts';
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
/** Has the options as they were typed, when launch.pl has been here before: StandbyKeys.asked. */
const ASKED_VARIABLE = 'LSMFS_ASKED';

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
  const keys = { options: optionsKey(stack), ...askedKey(process.env[ASKED_VARIABLE]) };
  const channel = new BlockingChannel(startDaemon());
  const world = claimWorld(currentStateRoot(), undefined);
  const madeDirectories = makeConfigurationDirectories();
  const id = newWorldId();
  try {
    recordStart(world, id, { ...options, seccomp: true, argv: [] }, madeDirectories);
    const settled = unpackStore(stack, world);
    channel.send({
      kind: 'boot',
      name: world.name,
      id,
      stateRoot: world.root,
      stack: settled,
      seccomp: true,
      transport: 'kernel',
      command: [],
      madeDirectories,
      standby: { ...keys, left: options.left, seconds: options.seconds },
    });
    furnish({ world, id, channel, booted: channel.receive('booted') }, settled);
  } catch (error) {
    abandon(world, madeDirectories);
    throw error;
  } finally {
    channel.close();
  }
  return world.name;
}

function optionsKey(stack: StackOptions): string {
  const { dev, ino } = statSync(fileURLToPath(new URL('./daemon.js', import.meta.url)));
  return JSON.stringify({ node: process.execPath, version: process.version, program: `${dev}:${ino}`, stack });
}

function askedKey(asked: string | undefined): Pick<StandbyKeys, 'asked'> {
  return asked === undefined || asked === '' ? {} : { asked };
}

/** Makes the mount namespace, lets the daemon have it, and comes back. Below a chroot(2), where entering it leads out, there is none. */
function furnish({ world, id, channel, booted }: TakenWorld, options: StackOptions): void {
  const { dev, ino } = statSync('/');
  checkMount('unshare', unshare(CLONE_FS));
  const ours = openSync('/proc/thread-self/ns/mnt', 'r');
  const make = (): FurnishRequest['made'] => {
    const root = statSync('/');
    if (root.dev !== dev || root.ino !== ino) return undefined;
    enterNewNamespace();
    const source = mountSource({ name: world.name, id });
    const remarks = furnishNamespace(booted, world, source, bootParameters(options), options);
    return { devices: devicesOf(source), remarks };
  };
  const result = inMountNamespace(ours, () => {
    const made = make();
    channel.send({ kind: 'furnish', ...(made && { made }) });
    channel.receive('furnished');
    return 0;
  });
  closeSync(ours);
  checkMount('setns', result);
}

/** @returns a world that nobody else gets any more, or `undefined`: none fits. */
export function takeStandby(root: string, options: RunOptions): TakenWorld | undefined {
  const own = options.name ?? options.logFile ?? options.report ?? options.profiles;
  if (own !== undefined || options.hostPolicy === true || !options.seccomp || !hasNamedDirectory()) return undefined;
  const request: TakeRequest = {
    kind: 'take',
    options: optionsKey(bootOptions(options)),
    command: options.argv,
    ...(options.jsonStatusFd === undefined ? {} : { statusFd: options.jsonStatusFd }),
    ...(isatty(STDERR) ? { terminalFd: STDERR } : {}),
    ...(options.commandEnd === undefined ? {} : { commandEnd: options.commandEnd }),
  };
  for (const world of worldDirectories(root)) {
    const text = world.readFile('standby')?.toString('utf8'); // absent: it is no such world
    const fits = text !== undefined && parseStandby(text).options === request.options;
    const taken = fits ? take(world, request) : undefined;
    if (taken === undefined) continue;
    if (taken.booted.namespace === undefined || isSameThere(taken.booted, world.name)) return taken;
    taken.channel.close(); // It ends.
    return undefined;
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
