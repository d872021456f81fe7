/**
 * How the mounts of a world are told from those of others: the device name in /proc/<pid>/mountinfo.
 *
 * Everybody can choose the device name of a mount, so it is for people and for telling apart what is known to be ours.
 * What is done to a mount is decided by the numbers of its superblock besides, which nobody can choose (record.ts).
 */

export const MOUNT_SOURCE_PREFIX = 'lsmfs:';

/** @param id of the world's record: numbers of devices and names of worlds are used again. */
export function mountSource({ name, id }: { readonly name: string; readonly id: string }): string {
  return `${MOUNT_SOURCE_PREFIX}${name}:${id}`;
}
