/**
 * `lsmfs exec`: becomes a command in a running world.
 */
import { setSocketTimeout } from '../../host/sockets/unix-socket.ts';
import type { ExecOptions } from '../options.ts';
import { reapDeadWorlds } from '../registry/reap.ts';
import { connectToWorld } from '../registry/worlds.ts';
import { become, findCommand } from './become.ts';
import { enterNamespace } from './enter-namespace.ts';
import { enterUserNamespace } from './enter-user-namespace.ts';
import { captureInheritedState } from './inherited.ts';
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
