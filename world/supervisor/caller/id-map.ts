/**
 * What the ids of a caller's user namespace are in ours: rows "first id inside, first id outside, count" of uid_map and
 * gid_map; outside is our namespace, or, for those in ours, the one around it (user_namespaces(7)).
 */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';

interface NamespaceReader {
  ownIdMap(kind: 'uid' | 'gid'): IdMap;
  readFile(directory: number, path: string): string | undefined;
  isInOurUserNamespace(tid: Tid): boolean;
}

export type IdMap = readonly (readonly [inside: number, outside: number, count: number])[];

/** @param text of uid_map or gid_map. */
export function idMapIn(text: string): IdMap {
  const rows = text.trim() === '' ? [] : text.trim().split('\n');
  return rows.map((row) => {
    const [inside = 0, outside = 0, count = 0] = row.trim().split(/\s+/).map(Number);
    return [inside, outside, count];
  });
}

/** Of our user namespace; what could not be read is read again. */
export class OwnIdMaps {
  readonly #known: { uid?: IdMap; gid?: IdMap } = {};

  of(kind: 'uid' | 'gid', read: (path: string) => string | undefined): IdMap {
    const known = this.#known[kind];
    if (known !== undefined) return known;
    const map = idMapIn(read(`/proc/thread-self/${kind}_map`) ?? '');
    if (map.length > 0) this.#known[kind] = map;
    return map;
  }
}

/** `undefined` where the kernel says EINVAL (make_kuid()), or the caller has ended. */
export function idHere(view: NamespaceReader, tid: Tid, kind: 'uid' | 'gid', id: number): number | undefined {
  const isOurs = view.isInOurUserNamespace(tid);
  const map = isOurs ? view.ownIdMap(kind) : idMapIn(view.readFile(AT_FDCWD, `/proc/${tid}/${kind}_map`) ?? '');
  for (const [inside, outside, count] of map)
    if (id >= inside && id < inside + count) return isOurs ? id : id - inside + outside;
  return undefined;
}
