/** Unmounts the host's filesystems of security modules in a world's mount namespace, which has only those of its own modules. */
import { readFileSync } from 'node:fs';
import { detachMount } from '../../host/mounts/mount.ts';
import { decodeName, parseMountInfo } from '../../host/procfs/mount-info.ts';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';

/** Types of filesystems that belong to one module each. */
export const MODULE_FILESYSTEMS: ReadonlySet<string> = new Set(
  KNOWN_MODULES.flatMap(({ filesystem }) => filesystem?.type ?? []),
);

/** The filesystem that modules share. */
export const SHARED_FILESYSTEMS: ReadonlySet<string> = new Set(['securityfs']);

/**
 * Unmounts those of these types in our mount namespace, which must be private. In a user namespace they may be locked mounts
 * (MNT_LOCKED); then they stay.
 */
export function leaveHostFilesystems(types: ReadonlySet<string>): void {
  const mounts = parseMountInfo(readFileSync('/proc/self/mountinfo', 'latin1'));
  // The last one at a mount point is on top.
  for (const { mountPoint, type } of mounts.reverse()) {
    if (types.has(type)) detachMount(decodeName(mountPoint));
  }
}
