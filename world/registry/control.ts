/**
 * Connections to the socket of a world's daemon, behind which must be a process of ours or root's.
 */
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { connectUnix, peerCredentials } from '../../host/sockets/unix-socket.ts';
import { ERRNO } from '../../linux/errno.ts';
import type { WorldDirectory } from './directory.ts';
import { isOurs } from './trust.ts';

/** Whoever has the socket is not believed. */
export interface ForeignPeer {
  readonly uid: number | undefined;
}

/** @returns a descriptor, or a negative errno: ENOENT also where there is no directory that is believed. */
export function connectToControl(world: WorldDirectory, waits = true): number | ForeignPeer {
  const fd = world.within((held) => connectUnix(held.path('control'), waits)) ?? -ERRNO.ENOENT;
  if (fd < 0) return fd;
  const uid = peerCredentials(fd)?.uid;
  if (uid !== undefined && isOurs(uid)) return fd;
  closeSync(fd);
  return { uid };
}

/** The same for the event loop; `undefined`: there is nobody to be asked. */
export function controlSocket(world: WorldDirectory): Socket | undefined {
  const fd = connectToControl(world, false);
  return typeof fd === 'number' && fd >= 0 ? new Socket({ fd, readable: true, writable: true }) : undefined;
}
