/** Filesystems of security modules that the host's kernel runs itself: a world has those of its own modules and no others. */
import { readFileSync } from 'node:fs';
import { detachMount } from '../../host/mounts/mount.ts';
import { decodeName, parseMountInfo } from '../../host/procfs/mount-info.ts';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';

/** Types of filesystems that belong to one module each. */
export const MODULE_FILESYSTEMS: ReadonlySet<string> = new Set(
  KNOWN_MODULES.flatMap(({ filesystem }) => filesystem?.type ?? []),
);

/**
 * Takes them away from our mount namespace, which must be private. In a user namespace they may be locked to what they
 * are mounted on; then they stay.
 */
export function leaveHostFilesystems(): void {
  const mounts = parseMountInfo(readFileSync('/proc/self/mountinfo', 'latin1'));
  // The last one of a place lies on top.
  for (const { mountPoint, type } of mounts.reverse()) {
    if (MODULE_FILESYSTEMS.has(type)) detachMount(decodeName(mountPoint));
  }
}
