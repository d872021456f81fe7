/**
 * How a mount says which world it belongs to: its device name in /proc/<pid>/mountinfo.
 */

export const MOUNT_SOURCE_PREFIX = 'lsmfs:';

export function mountSource(world: string): string {
  return MOUNT_SOURCE_PREFIX + world;
}
