/**
 * Ids in the user namespace that a superblock is mounted from, and the ids that stand for root in it.
 *
 * The kernel maps ids of a FUSE filesystem by the user namespace that mounted it. In one without an id 0 (only the user's
 * own id is mapped) a file of root would have an invalid id, and writing to it is EACCES (inode_permission() of
 * fs/namei.c). There the owner of the namespace, who has all its capabilities, stands for root and for all unmapped ids.
 * Format of uid_map and gid_map: rows of `first inside, first outside, count` (user_namespaces(7)).
 */
import { readFileSync } from 'node:fs';
import { type IdRange, isMappedId } from '../../vfs/tree/caller.ts';

export interface UserNamespaceIds {
  readonly uid: number;
  readonly gid: number;
  /** Mapped ids; absent = all. */
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

/** The id that is sent to the kernel for an owner. */
export function ownerId(id: number, root: number, known: readonly IdRange[] | undefined): number {
  return id === 0 || !isMappedId(known, id) ? root : id;
}

export function insideIds(map: string): IdRange[] {
  const rows = map.split('\n').filter((line) => line.trim() !== '');
  return rows.map((row) => {
    const [first = 0, , count = 0] = row.trim().split(/\s+/).map(Number);
    return { first, count };
  });
}

/** A map that cannot be read counts as one with id 0. */
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
