/**
 * Cleaning up after a daemon that was killed.
 *
 * Its FUSE connections ended with it, so nothing hangs: calls into its mounts answer ENOTCONN, supervised calls ENOSYS.
 * What stays are mounts in the namespaces of processes that survived, and the directory of the world. Time is bounded:
 * no step touches a file below such a mount. Its mounts are those of the superblocks that it wrote down, under the
 * device name that it gave them: numbers of superblocks are used again, and a name anybody can choose.
 */
import { rmdirSync } from 'node:fs';
import { unshare } from '../../host/mounts/mount.ts';
import type { MountEntry } from '../../host/procfs/mount-info.ts';
import { CLONE_FS } from '../../linux/process.ts';
import { detachIn } from './detach.ts';
import { currentStateRoot, type WorldDirectory, worldDirectories } from './directory.ts';
import { isHeld, withLock } from './lock.ts';
import { visitNamespacesWith } from './mount-info.ts';
import { detachDeadTrees } from './mount-servers.ts';
import { isAlive } from './process-id.ts';
import type { WorldRecord } from './record.ts';
import { mountSource } from './source.ts';

/** A namespace that is copied while we look can be missed. */
const LOOKS = 5;

export function isDead(world: WorldDirectory): boolean {
  const record = world.read();
  // A daemon in another pid namespace has no number here, or somebody else's; it holds its directory all the same.
  if (record !== undefined) return !isAlive(record.owner) && !isHeld(world.path);
  // Whoever claims or serves it holds it, also one of another version, whose record says nothing to us.
  return world.isOne && !isHeld(world.path);
}

/** Also takes trees of `lsmfs mount` away whose server died. @returns names of the worlds removed and directories of the trees. */
export function reapDeadWorlds(root = currentStateRoot()): readonly string[] {
  const removed = worldDirectories(root).filter((world) => isDead(world) && reapIfDead(world));
  return [
    ...removed.map((world) => `world ${world.name}`),
    ...detachDeadTrees().map((directory) => `mount ${directory}`),
  ];
}

/**
 * One reaper at a time: another could have removed this world and its name be taken by a new one between our look and our deed.
 * @returns whether it was removed.
 */
export function reapIfDead(world: WorldDirectory): boolean {
  return withLock(world.root, () => {
    if (!isDead(world)) return false;
    const record = world.read();
    if (record !== undefined) detachEverywhere(mountsOfWorld(record));
    if (!couldRemove(world)) return false;
    removeMadeDirectories(record?.madeDirectories ?? [], world);
    return true;
  });
}

/** What cannot be removed now (a state directory that is read-only) stays for a later command. */
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
      // Somebody has put something into it: it is theirs now.
    }
  }
}

/** Tells the mounts of a world from all others. */
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
