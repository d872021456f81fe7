/**
 * Which ids stand for root in the user namespace that we mount from.
 *
 * The kernel takes ids of a FUSE filesystem in the user namespace that mounted it. In one that maps no id 0 (a user who mapped only himself) a file of
 * root's would have an id without meaning, and nobody could write to it. There the owner of the namespace, who has all its capabilities, stands for root.
 * Format of uid_map and gid_map: rows of `first inside, first outside, count` (user_namespaces(7)).
 */
import { readFileSync } from 'node:fs';

export interface RootIds {
  readonly uid: number;
  readonly gid: number;
}

export function ownRootIds(): RootIds {
  return {
    uid: mapsRoot(mapOf('uid_map')) ? 0 : (process.geteuid?.() ?? 0),
    gid: mapsRoot(mapOf('gid_map')) ? 0 : (process.getegid?.() ?? 0),
  };
}

/** A map that nobody could read is taken to be the usual one. */
export function mapsRoot(map: string): boolean {
  return map === '' || /^\s*0\s+\d+\s+[1-9]/m.test(map);
}

function mapOf(name: string): string {
  try {
    return readFileSync(`/proc/self/${name}`, 'latin1');
  } catch {
    return '';
  }
}
