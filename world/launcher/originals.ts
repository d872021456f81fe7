/**
 * The host's /proc and /sys as they are without the world's files, kept where no path leads.
 *
 * Model: a user namespace may mount a fresh procfs or sysfs only when its mount namespace has one that nothing is
 * mounted over, and no less visible (mnt_already_visible() in fs/namespace.c). A world mounts files over parts of both.
 * A copy inside a tmpfs that another covers counts, and cannot be reached; it is made with what the host itself has
 * mounted there, so nothing becomes visible that was not.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { bindMount, mountFilesystem } from '../../host/mounts/mount.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID } from '../../linux/mount.ts';

const DIRECTORIES = ['proc', 'sys'];
const ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/** Before anything is mounted over them. @param place a directory of the world's. @param source of mounts that are the world's. */
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
