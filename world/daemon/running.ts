/** A daemon whose world is booted. */
import type { Server } from 'node:net';
import type { BootRequest } from '../protocol/messages.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { namespacesWith } from '../registry/mount-info.ts';
import { mountsOfWorld } from '../registry/reap.ts';
import type { AttrLinksThread } from './attr-links/attr-links-thread.ts';
import type { Bookkeeping } from './bookkeeping.ts';
import type { DaemonLog } from './log.ts';
import type { DaemonWorld } from './world.ts';

export interface Running {
  readonly world: DaemonWorld;
  readonly directory: WorldDirectory;
  readonly log: DaemonLog;
  readonly server: Server;
  /** Another one after a world on standby was taken. */
  request: BootRequest;
  readonly books: Bookkeeping;
  /** Only without a supervisor. */
  readonly attrLinks: AttrLinksThread | undefined;
}

/** Without a supervisor the kernel does not report the last process: a mount namespace with mounts of ours means that there is one. */
export function isInhabited({ world, books }: Running): boolean {
  return world.members.processes().length > 0 || namespacesWith(mountsOfWorld(books.record), process.pid).length > 0;
}
