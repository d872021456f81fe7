/**
 * Cleans up after a daemon that was killed.
 *
 * Its FUSE connections ended with it, so nothing hangs: calls into its mounts fail with ENOTCONN, supervised calls with
 * ENOSYS. Left are mounts in the namespaces of surviving processes, and the directory of the world. Time is bounded: no
 * step touches a file below such a mount. A mount is the world's when its device number is in the record and its source
 * is that of the world: device numbers are reused, and sources can be chosen by any user.
 */
import { rmdirSync } from 'node:fs';
import { unshare } from '../../host/mounts/mount.ts';
import type { MountEntry } from '../../host/procfs/mount-info.ts';
import { CLONE_FS } from '../../linux/process.ts';
import { detachIn } from './detach.ts';
import type { WorldDirectory } from './directory.ts';
import { worldDirectories } from './listing.ts';
import { visitNamespacesWith } from './mount-info.ts';
import { detachDeadTrees } from './mount-servers.ts';
import { isAlive } from './process-id.ts';
import type { WorldRecord } from './record.ts';
import { mountSource } from './source.ts';
import { currentStateRoot } from './state-root.ts';

/** A namespace that is copied while we look can be missed. */
const LOOKS = 5;

/** @param files absent = asked once. For many worlds one is made: it looks at all FUSE connections of the machine. */
export function isDead(world: WorldDirectory): boolean {
  const record = world.read();
  // The id of a daemon in another pid namespace may be unused here, or that of another process; the lock on its directory counts.
  if (record !== undefined) return !isAlive(record.owner) && !world.isHeld;
  // A launcher or daemon holds the lock, also one of another version, whose record we cannot read.
  return world.isOne && !world.isHeld;
}

/** Also unmounts trees of `lsmfs mount` whose server was killed. @returns names of removed worlds, and directories of trees. */
export function reapDeadWorlds(root = currentStateRoot()): readonly string[] {
  const worlds = worldDirectories(root);
  const dead = worlds.filter((world) => isDead(world));
  const removed = dead.filter(reapIfDead);
  return [
    ...removed.map((world) => `world ${world.name}`),
    ...detachDeadTrees().map((directory) => `mount ${directory}`),
  ];
}

/**
 * One reaper at a time: between check and removal another one could remove this world, and a new world claim its name.
 * @returns whether it was removed.
 */
export function reapIfDead(world: WorldDirectory): boolean {
  return world.whileRootLocked(() => {
    if (!isDead(world)) return false;
    const record = world.read();
    if (record !== undefined) detachEverywhere(mountsOfWorld(record));
    if (!couldRemove(world)) return false;
    removeMadeDirectories(record?.madeDirectories ?? [], world);
    return true;
  });
}

/** Errors (a read-only state directory) are ignored: a later command tries again. */
function couldRemove(world: WorldDirectory): boolean {
  try {
    world.remove();
    return true;
  } catch {
    return false;
  }
}

/** Directories made on the host go with the last world, which may have mounts on them. */
export function removeMadeDirectories(directories: readonly string[], world: WorldDirectory): void {
  if (directories.length === 0 || worldDirectories(world.root).length > 0) return;
  for (const directory of directories) {
    try {
      rmdirSync(directory);
    } catch {
      // Not empty: it has files of others now.
    }
  }
}

/** Is this a mount of the world? */
export function mountsOfWorld(record: WorldRecord): (mount: MountEntry) => boolean {
  const source = mountSource(record);
  const devices = new Set(record.devices);
  return (mount) => mount.source === source && devices.has(mount.device);
}

function detachEverywhere(isMeant: (mount: MountEntry) => boolean): void {
  let found = true;
  for (let look = 0; found && look < LOOKS; look++) {
    found = false;
    visitNamespacesWith(isMeant, (view) => {
      if (look === 0 && !found) unshare(CLONE_FS);
      found = true;
      return detachIn(view, isMeant) !== undefined;
    });
  }
}
