/**
 * The source (device name) in /proc/<pid>/mountinfo by which mounts of a world are recognised.
 *
 * Any user can choose the source of a mount, so it is no proof. Before a mount is changed its device number is compared
 * with the record, too, and that cannot be chosen (record.ts).
 */

export const MOUNT_SOURCE_PREFIX = 'lsmfs:';

/** @param id of the world's record: device numbers and names of worlds are reused. */
export function mountSource({ name, id }: { readonly name: string; readonly id: string }): string {
  return `${MOUNT_SOURCE_PREFIX}${name}:${id}`;
}
