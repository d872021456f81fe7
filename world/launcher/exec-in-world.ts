/**
 * `lsmfs exec`: becomes a command in a running world.
 */
import { closeSync, openSync } from 'node:fs';
import { setMountNamespace, unshare } from '../../host/mounts/mount.ts';
import { setSocketTimeout } from '../../host/sockets/unix-socket.ts';
import { CLONE_FS } from '../../linux/process.ts';
import { WorldError } from '../errors.ts';
import type { ExecOptions } from '../options.ts';
import type { BootedReply } from '../protocol/messages.ts';
import { reapDeadWorlds } from '../registry/reap.ts';
import { connectToWorld } from '../registry/worlds.ts';
import { become, findCommand } from './become.ts';
import { enterUserNamespace } from './enter-user-namespace.ts';
import { captureInheritedState } from './inherited.ts';
import { checkMount } from './mount-points.ts';
import { WORLD_VARIABLE } from './nested.ts';
import { PATIENCE_MS } from './patience.ts';
import { requireHost, requireInherited } from './requirements.ts';
import { joinWorld } from './supervision.ts';

export function execInWorld(options: ExecOptions): never {
  const inherited = captureInheritedState();
  enterUserNamespace(options.world, inherited);
  requireHost();
  requireInherited(options.jsonStatusFd, inherited);
  reapDeadWorlds();
  const channel = connectToWorld(options.world, PATIENCE_MS);
  setSocketTimeout(channel.fd, PATIENCE_MS);
  channel.send({
    kind: 'enter',
    ...(options.jsonStatusFd === undefined ? {} : { statusFd: options.jsonStatusFd }),
  });
  const booted = channel.receive('booted');
  enterNamespace(booted, options.world);
  const command = findCommand(options.argv);
  joinWorld(channel, booted);
  process.env[WORLD_VARIABLE] = options.world;
  const descriptors = inherited.descriptors.filter((fd) => fd !== options.jsonStatusFd);
  return become(command, { ...inherited, descriptors });
}

/** The working directory is looked up again by its name: the old one belongs to the host's mounts. */
function enterNamespace(booted: BootedReply, world: string): void {
  const directory = workingDirectory();
  checkMount('unshare', unshare(CLONE_FS));
  const namespace = openNamespace(booted, world);
  checkMount('setns', setMountNamespace(namespace));
  closeSync(namespace);
  try {
    process.chdir(directory);
  } catch {
    process.chdir('/');
  }
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/'; // The directory was removed.
  }
}

function openNamespace({ daemon, namespace }: BootedReply, world: string): number {
  try {
    return openSync(`/proc/${daemon}/fd/${namespace}`, 'r');
  } catch {
    // The daemon is alive, but its id is of a pid namespace that may not be that of this /proc.
    throw new WorldError(
      'unknown-world',
      `The world '${world}' has just ended, or /proc does not show it.`,
      'See `lsmfs ps`; in a pid namespace of your own, use the /proc that the world was started with.',
    );
  }
}
