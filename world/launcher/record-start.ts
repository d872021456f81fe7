/**
 * The record of a world whose daemon has not written its own yet.
 */
import type { RunOptions } from '../options.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { ownProcess } from '../registry/process-id.ts';
import { removeMadeDirectories } from '../registry/reap.ts';

/** Until the daemon writes its own record, the launcher's names this process: if it dies, the world is dead. */
export function recordStart(
  world: WorldDirectory,
  id: string,
  options: Pick<RunOptions, 'lsm' | 'profile' | 'seccomp' | 'argv'>,
  madeDirectories: readonly string[],
): void {
  const owner = ownProcess();
  world.write({
    name: world.name,
    id,
    owner,
    state: 'starting',
    started: Math.floor(Date.now() / 1000),
    lsm: options.lsm ?? '',
    profile: options.profile,
    seccomp: options.seccomp,
    command: options.argv,
    madeDirectories,
    devices: [],
  });
}

/**
 * Once the daemon owns the directory it removes it itself, when the launcher ends; if both did, the second could remove a
 * new world of the same name.
 */
export function abandon(world: WorldDirectory, madeDirectories: readonly string[]): void {
  try {
    const owner = world.read()?.owner.pid;
    if (owner !== undefined && owner !== process.pid) return;
    world.remove();
    removeMadeDirectories(madeDirectories, world);
  } catch {
    // The next command removes it.
  }
}
