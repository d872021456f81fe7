/**
 * Cleans up worlds that ps, run and exec leave: their daemon was killed and cannot end, because its FUSE device is still open. Their
 * connections are aborted through the control filesystem of FUSE (Documentation/filesystems/fuse/fuse.rst): waiting
 * requests fail.
 */
import { closeSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { detachedFilesystem } from '../../host/mounts/mount.ts';
import type { WorldDirectory } from './directory.ts';
import { worldDirectories } from './listing.ts';
import { livenessOf } from './liveness.ts';
import { namespacesWith } from './mount-info.ts';
import { mountsOfWorld, reapDeadWorlds } from './reap.ts';
import type { WorldRecord } from './record.ts';
import { currentStateRoot } from './state-root.ts';

/** Time in which a daemon ends after the abort. */
const PATIENCE_MS = 1500;
const POLL_MS = 20;

/** @returns one line for each action, for the user. */
export async function repairWorlds(root = currentStateRoot()): Promise<readonly string[]> {
  const dying = worldDirectories(root).flatMap((world) => {
    const record = world.read();
    return record !== undefined && livenessOf(world, record) === 'dying' ? [{ world, record }] : [];
  });
  const aborted = dying.flatMap(({ world, record }) =>
    abortConnections(record).map((number) => `aborted FUSE connection ${number} of ${world.name}`),
  );
  await Promise.all(dying.map(({ world }) => untilDead(world)));
  return [...aborted, ...reapDeadWorlds(root).map((what) => `removed ${what}`)];
}

/**
 * Aborts the FUSE connections of a world. Their numbers are device numbers, which are reused: only those count that are
 * mounted somewhere with the world's source. @returns their numbers.
 */
export function abortConnections(record: WorldRecord): readonly number[] {
  const isMeant = mountsOfWorld(record);
  const mounts = namespacesWith(isMeant).flatMap((view) => view.mounts.filter(isMeant));
  const numbers = new Set(
    mounts.filter(({ type }) => type.startsWith('fuse.')).map(({ device }) => Number(device.split(':')[1])),
  );
  const control = numbers.size === 0 ? -1 : detachedFilesystem('fusectl');
  if (control < 0) return [];
  const aborted = [...numbers].filter((number) => abort(control, number));
  closeSync(control);
  return aborted;
}

function abort(control: number, number: number): boolean {
  try {
    writeFileSync(`/proc/self/fd/${control}/${number}/abort`, '1');
    return true;
  } catch {
    return false; // it has ended
  }
}

async function untilDead(world: WorldDirectory): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const record = world.read();
    if (record === undefined || livenessOf(world, record) === 'dead' || Date.now() > end) return;
    await sleep(POLL_MS);
  }
}
