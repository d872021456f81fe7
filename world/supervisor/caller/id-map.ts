/**
 * What the ids of a caller's user namespace are in ours: rows "first id inside, first id outside, count" of uid_map and
 * gid_map; outside is our namespace, or, for those in ours, the one around it (user_namespaces(7)).
 */
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { OwnFiles } from './own-files.ts';

interface NamespaceReader extends Pick<OwnFiles, 'ownIdMap' | 'readFile'> {
  isInOurUserNamespace(tid: Tid): boolean;
}

/** `undefined` where the kernel says EINVAL (make_kuid()), or the caller has ended. */
export function idHere(view: NamespaceReader, tid: Tid, kind: 'uid' | 'gid', id: number): number | undefined {
  const isOurs = view.isInOurUserNamespace(tid);
  const text = isOurs ? view.ownIdMap(kind) : view.readFile(AT_FDCWD, `/proc/${tid}/${kind}_map`);
  for (const row of text?.trim().split('\n') ?? []) {
    const [inside = 0, outside = 0, count = 0] = row.trim().split(/\s+/).map(Number);
    if (id >= inside && id < inside + count) return isOurs ? id : id - inside + outside;
  }
  return undefined;
}
