/**
 * Cleaning up after a daemon that was killed.
 *
 * Its FUSE connections ended with it, so nothing hangs: calls into its mounts answer ENOTCONN, supervised calls ENOSYS. What stays are mounts
 * in the namespaces of processes that survived, and the directory of the world. Time is bounded: no step touches a file below such a mount.
 */
import { closeSync, constants, openSync, rmdirSync, statSync } from 'node:fs';
import { libcFunction } from '../sys/libc.ts';
import { CLONE_FS, detachMount, setMountNamespace, unshare } from '../sys/mount.ts';
import { currentStateRoot, type WorldDirectory, worldDirectories } from './directory.ts';
import { type NamespaceView, namespacesWithSource } from './mount-info.ts';
import { detachDeadTrees } from './mount-servers.ts';
import { isAlive } from './process-id.ts';
import { mountSource } from './source.ts';

/** A directory without a record is being claimed, unless it stays so. */
const CLAIM_MS = 10_000;
const O_PATH = 0o10000000;

const fchdir = libcFunction('fchdir', ['int']);
const chroot = libcFunction('chroot', ['str']);

export function isDead(world: WorldDirectory): boolean {
  const record = world.read();
  if (record !== undefined) return !isAlive(record.owner);
  try {
    return Date.now() - statSync(world.path).mtimeMs > CLAIM_MS;
  } catch {
    return false;
  }
}

/** Also takes trees of `lsmfs mount` away whose server died. @returns names of the worlds removed and directories of the trees. */
export function reapDeadWorlds(root = currentStateRoot()): readonly string[] {
  const dead = worldDirectories(root).filter(isDead);
  for (const world of dead) reapWorld(world);
  return [...dead.map((world) => `world ${world.name}`), ...detachDeadTrees().map((directory) => `mount ${directory}`)];
}

export function reapWorld(world: WorldDirectory): void {
  const made = world.read()?.madeDirectories ?? [];
  detachEverywhere(namespacesWithSource(mountSource(world.name)));
  world.remove();
  removeMadeDirectories(made, world);
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

function detachEverywhere(views: readonly NamespaceView[]): void {
  if (views.length === 0) return;
  unshare(CLONE_FS);
  const home = openSync('/proc/thread-self/ns/mnt', constants.O_RDONLY);
  const root = openSync('/', constants.O_RDONLY | O_PATH);
  const cwd = openSync('.', constants.O_RDONLY | O_PATH);
  for (const view of views) detachIn(view);
  // Entering a namespace also moves the root and the working directory.
  setMountNamespace(home);
  fchdir(root);
  chroot('.');
  fchdir(cwd);
  for (const fd of [home, root, cwd]) closeSync(fd);
}

function detachIn(view: NamespaceView): void {
  let namespace: number;
  try {
    namespace = openSync(`/proc/${view.pids[0]}/ns/mnt`, constants.O_RDONLY);
  } catch {
    return; // Gone meanwhile, and its mounts with it.
  }
  if (setMountNamespace(namespace) >= 0) {
    for (const mount of [...view.mounts].reverse()) detachMount(mount.mountPoint);
  }
  closeSync(namespace);
}
