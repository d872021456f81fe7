/**
 * Directories of sysfs that the host's kernel lacks: /sys/module/NAME of a module, /sys/class/NAME of a device class.
 *
 * mkdir(2) fails on sysfs, so the directory around is covered with an overlay of itself and a directory with the new name, and our
 * filesystem is mounted there. The overlay is read-only for everything else that lies directly in it. A host without
 * overlayfs gets a tmpfs with a bind mount for each child instead (mount-points.ts).
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { attachMount, detachMount, mountFilesystem, setMountAttributes } from '../../host/mounts/mount.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID } from '../../linux/mount.ts';
import { checkMount, type MountPoints } from './mount-points.ts';

const USUAL_ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/** @param place below /sys. @param stage an empty directory. */
export function attachSysDirectory(mountPoints: MountPoints, place: string, mount: number, stage: string): void {
  const target = path.join('/sys', place);
  if (!existsSync(target) && !overlayName(target, stage, mountPoints.source)) mountPoints.ensure(target);
  checkMount(`move_mount ${target}`, attachMount(mount, target));
  setMountAttributes(target, USUAL_ATTRIBUTES);
}

/**
 * Makes a name in a directory by an overlay, in this mount namespace only. @param stage an empty directory.
 * @returns false where there is no overlayfs.
 */
export function overlayName(target: string, stage: string, source: string, attributes = USUAL_ATTRIBUTES): boolean {
  const around = path.dirname(target);
  if (!existsSync(around)) return false;
  checkMount(`tmpfs on ${stage}`, mountFilesystem('tmpfs', stage, { mode: '755' }, USUAL_ATTRIBUTES));
  mkdirSync(path.join(stage, path.basename(target)), { mode: 0o755 });
  const overlay = mountFilesystem('overlay', around, { source, lowerdir: `${stage}:${around}` }, attributes);
  detachMount(stage);
  return overlay >= 0;
}
