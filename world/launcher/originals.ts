/**
 * Unreachable copies of the host's /proc and /sys without the world's mounts.
 *
 * Model: a user namespace may mount a fresh procfs or sysfs only when its mount namespace has one that nothing is
 * mounted over, and no less visible (mnt_already_visible() in fs/namespace.c). A world mounts files over parts of both.
 * A copy inside of a tmpfs that is covered by another one counts, and cannot be reached by any path; it includes the
 * host's own mounts below, so nothing that was hidden becomes visible.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { bindMount, mountFilesystem } from '../../host/mounts/mount.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID } from '../../linux/mount.ts';

const DIRECTORIES = ['proc', 'sys'];
const ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/** To be called before the world's files are mounted. @param place a directory of the world. @param source of the world's mounts. */
export function keepOriginals(place: string, source: string): void {
  const tmpfs = () => mountFilesystem('tmpfs', place, { source, mode: '700' }, ATTRIBUTES);
  if (tmpfs() < 0) return;
  for (const name of DIRECTORIES) {
    const copy = path.join(place, name);
    mkdirSync(copy);
    bindMount(path.join('/', name), copy, true);
  }
  tmpfs();
}
