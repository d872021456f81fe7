/**
 * Trees of `lsmfs mount` whose server was killed.
 *
 * Such a tree stands in the namespace of the host and has no world directory; the mount itself is the record. The tmpfs that carries it has
 * the device name `lsmfs-mount:<pid>.<start time>`, which identifies the serving process. Device names can be chosen
 * freely, but a user who is not root in this namespace can only mount FUSE here.
 */

import { unshare } from '../../host/mounts/mount.ts';
import { decodeName, type MountEntry } from '../../host/procfs/mount-info.ts';
import { tgidOf } from '../../linux/ids.ts';
import { CLONE_FS } from '../../linux/process.ts';
import { detachIn } from './detach.ts';
import { mountsOf } from './mount-info.ts';
import { isAlive, ownProcess, type ProcessId } from './process-id.ts';

const PREFIX = 'lsmfs-mount:';

/** Device name for a tree served by this process. */
export function treeSource(): string {
  const { pid, startTime } = ownProcess();
  return `${PREFIX}${pid}.${startTime}`;
}

/** The process that serves the mount with this device name; `undefined` when it is not one of ours. */
export function treeServer(source: string): ProcessId | undefined {
  const match = /^lsmfs-mount:(\d{1,10})\.(\d{1,15})$/.exec(source);
  return match === null ? undefined : { pid: tgidOf(Number(match[1])), startTime: Number(match[2]) };
}

const CARRIER = 'tmpfs';

function serverOf({ type, source }: MountEntry): ProcessId | undefined {
  return type === CARRIER ? treeServer(source) : undefined;
}

/** The process whose tree stands at `directory`, a path without symbolic links. */
export function liveServerAt(directory: string): number | undefined {
  return mountsOf('self')
    .filter((mount) => decodeName(mount.mountPoint) === directory)
    .map(serverOf)
    .find((server) => server !== undefined && isAlive(server))?.pid;
}

/** Unmounts the trees in our namespace whose server has ended, with all mounts below. @returns their directories. */
export function detachDeadTrees(): readonly string[] {
  const mounts = mountsOf('self');
  const byId = new Map(mounts.map((mount) => [mount.id, mount]));
  const isDead = (mount: MountEntry): boolean => {
    // A labelled directory is mounted on the tmpfs that carries it, at the same place.
    const below = byId.get(mount.parent);
    const carrier = below?.mountPoint === mount.mountPoint ? below : mount;
    const server = serverOf(carrier);
    return server !== undefined && !isAlive(server);
  };
  const dead = mounts.filter(isDead);
  if (dead.length === 0) return [];
  unshare(CLONE_FS);
  const detached = dead
    .reverse() // what covers another first
    .filter((tree) => (detachIn({ pid: process.pid, mounts }, (mount) => mount === tree) ?? 0) > 0)
    .map(({ mountPoint }) => decodeName(mountPoint));
  return [...new Set(detached)];
}
