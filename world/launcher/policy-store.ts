/**
 * A policy store (`policy/`, `contexts/`, `seusers`: what /etc/selinux/TYPE is) shown to the programs of a world as that of the machine.
 *
 * Model: in the world's mount namespace alone the directory of the stores is a tmpfs with a configuration that names the store, and a
 * private copy of the store at its name. So what a program asks by its path has the label that such a path has. Where the host lacks the
 * directory, the one around is covered with an overlay of itself and that name.
 */
import { chmodSync, closeSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { attachMount, copyTree, mountFilesystem, setMountAttributes } from '../../host/mounts/mount.ts';
import { MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_NOSUID } from '../../linux/mount.ts';
import type { PolicyStores } from '../../lsm/framework/host-side.ts';
import { mountsOf } from '../registry/mount-info.ts';
import { checkMount, type MountPoints } from './mount-points.ts';
import { privateCopy } from './private-copy.ts';
import { overlayName } from './sys-directory.ts';

const ATTRIBUTES = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

/** @param store a directory. @param stage an empty directory. */
export function showPolicyStore(
  store: string,
  { directory, configuration, configurationFor }: PolicyStores,
  mountPoints: MountPoints,
  stage: string,
): void {
  const name = path.basename(store);
  // The directory itself may be covered by what follows.
  const tree = privateCopy(store, stage, mountPoints.source);
  if (!existsSync(directory)) makeName(directory, mountPoints, stage);
  const options = { source: mountPoints.source, mode: '755' };
  checkMount(`tmpfs on ${directory}`, mountFilesystem('tmpfs', directory, options, ATTRIBUTES));
  writeFileSync(configuration, configurationFor(name));
  chmodSync(configuration, 0o644);
  const place = path.join(directory, name);
  mkdirSync(place);
  chmodSync(place, 0o755);
  checkMount(`move_mount ${place}`, attachMount(tree, place));
  closeSync(tree);
  setMountAttributes(place, ATTRIBUTES);
}

/** What is mounted around it stays in its place. */
function makeName(directory: string, mountPoints: MountPoints, stage: string): void {
  const around = path.dirname(directory);
  const below = mountsOf('self').flatMap(({ mountPoint }) => (mountPoint.startsWith(`${around}/`) ? [mountPoint] : []));
  const trees = below.map((place) => ({ place, tree: copyTree(place, false) }));
  if (!overlayName(directory, stage, mountPoints.source, 0)) mountPoints.ensure(directory);
  for (const { place, tree } of trees) {
    if (tree < 0) continue;
    attachMount(tree, place);
    closeSync(tree);
  }
}
