/**
 * Which ids stand for root in the user namespace that we mount from.
 *
 * The kernel takes ids of a FUSE filesystem in the user namespace that mounted it. In one that maps no id 0 (a user who
 * mapped only himself) a file of root's would have an id without meaning, and nobody could write to it: such a file is
 * EACCES (inode_permission() of fs/namei.c). There the owner of the namespace, who has all its capabilities, stands for
 * root and for everybody whom the namespace does not know. Format of uid_map and gid_map: rows of `first inside, first
 * outside, count` (user_namespaces(7)).
 */
import { readFileSync } from 'node:fs';
import { hasId, type IdRange } from '../../vfs/tree/caller.ts';

export interface UserNamespaceIds {
  readonly uid: number;
  readonly gid: number;
  /** Ids that the kernel takes; absent = all. */
  readonly uids?: readonly IdRange[];
  readonly gids?: readonly IdRange[];
}

export function ownUserNamespaceIds(): UserNamespaceIds {
  const [uidMap, gidMap] = [mapOf('uid_map'), mapOf('gid_map')];
  const [uids, gids] = [insideIds(uidMap), insideIds(gidMap)];
  return {
    uid: mapsRoot(uidMap) ? 0 : (process.geteuid?.() ?? 0),
    gid: mapsRoot(gidMap) ? 0 : (process.getegid?.() ?? 0),
    ...(uids.length > 0 && { uids }),
    ...(gids.length > 0 && { gids }),
  };
}

/** The id by which the kernel is told of an owner. */
export function ownerId(id: number, root: number, known: readonly IdRange[] | undefined): number {
  return id === 0 || !hasId(known, id) ? root : id;
}

export function insideIds(map: string): IdRange[] {
  const rows = map.split('\n').filter((line) => line.trim() !== '');
  return rows.map((row) => {
    const [first = 0, , count = 0] = row.trim().split(/\s+/).map(Number);
    return { first, count };
  });
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
