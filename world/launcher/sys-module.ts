/**
 * /sys/module/<name> for modules that the host's kernel lacks. sysfs refuses mkdir, so the directory is covered with an overlay of its own
 * content and the new names, one mount where a copy would take one per module; then ours goes onto the name. In a world nothing else below
 * /sys/module can be written any more. A host without overlayfs gets the copy.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { attachMount, detachMount, mountFilesystem, setMountAttributes } from '../../host/mounts/mount.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID } from '../../linux/mount.ts';
import { checkMount, type MountPoints } from './mount-points.ts';

const MODULES = '/sys/module';
const USUAL_ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/** @param stage an empty directory. */
export function attachModuleDirectory(mountPoints: MountPoints, name: string, mount: number, stage: string): void {
  const place = path.join(MODULES, name);
  if (!existsSync(place) && !overlayName(name, stage, mountPoints.source)) mountPoints.ensure(place);
  checkMount(`move_mount ${place}`, attachMount(mount, place));
  setMountAttributes(place, USUAL_ATTRIBUTES);
}

function overlayName(name: string, stage: string, source: string): boolean {
  if (!existsSync(MODULES)) return false;
  checkMount(`tmpfs on ${stage}`, mountFilesystem('tmpfs', stage, { mode: '755' }, USUAL_ATTRIBUTES));
  mkdirSync(path.join(stage, name), { mode: 0o755 });
  const overlay = mountFilesystem('overlay', MODULES, { source, lowerdir: `${stage}:${MODULES}` }, USUAL_ATTRIBUTES);
  detachMount(stage);
  return overlay >= 0;
}
