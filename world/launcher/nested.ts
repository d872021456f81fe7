/** Is this process in a world already? */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { MOUNT_SOURCE_PREFIX } from '../registry/source.ts';

/** Has the name of the world in its processes. */
export const WORLD_VARIABLE = 'LSMFS_WORLD';

/** Whether a mountinfo text shows the mounts of a world. */
export function isInsideWorld(mountinfo: string): boolean {
  return mountinfo.includes(` ${MOUNT_SOURCE_PREFIX}`);
}

/** Is this process in a world? There this file is one that lsmfs serves; without a supervisor it shows the mounts of the world. */
export function isNested(): boolean {
  const fd = openSync('/proc/self/mountinfo', 'r');
  try {
    if (fstatSync(fd).dev !== statSync('/proc').dev) return true;
    return process.env[WORLD_VARIABLE] !== undefined && isInsideWorld(readFileSync(fd, 'latin1'));
  } finally {
    closeSync(fd);
  }
}
