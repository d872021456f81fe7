/** Mount points below /sys of these filesystem types, relative to it. */
import { MOUNT_POINTS } from '../lsm/known-modules.ts';

export function sysDirectories(types: readonly string[]): string[] {
  const places = types.flatMap((type) => MOUNT_POINTS[type] ?? []);
  return places.map((place) => place.slice('/sys/'.length));
}
