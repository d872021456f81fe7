/** Which user namespaces have processes. */
import { statSync } from 'node:fs';
import { followProcessLink } from '../../host/process/process-files.ts';
import { tidOf } from '../../linux/ids.ts';
import { PROC_PID_INIT_INO } from '../../linux/process.ts';
import { namespaceId } from '../../lsm/framework/files/namespaced-xattrs.ts';
import { isUnknown } from '../../vfs/tree/caller.ts';
import { UserNamespaces } from '../daemon/facts/user-namespaces.ts';
import { namesIn } from '../supervisor/caller/own-files.ts';

export interface Living {
  /** Ids in the names of attributes. */
  readonly ids: ReadonlySet<string>;
  /** Are these all? Not in a pid namespace, nor where one has only namespaces inside of it, whose ids are not to be found out. */
  readonly complete: boolean;
}

export function livingNamespaces(): Living {
  const namespaces = new UserNamespaces({ uid: 0, gid: 0, besideRoot: true });
  const ids = new Set<string>();
  const seen = new Set<number>();
  const around = new Set<number>();
  let allSeen = true;
  for (const task of tasks()) {
    const found = namespaces.of(tidOf(task));
    if (found === undefined) continue;
    if (isUnknown(found)) allSeen = false;
    seen.add(found.id);
    for (const id of found.ancestors) around.add(id);
    if (found.rootUid !== undefined) ids.add(namespaceId(found.rootUid));
  }
  const everybody = statSync('/proc/self/ns/pid', { throwIfNoEntry: false })?.ino === PROC_PID_INIT_INO;
  return { ids, complete: everybody && allSeen && [...around].every((id) => seen.has(id)) };
}

/** One of each process; a leader that has ended before its threads has no namespaces any more. */
function tasks(): number[] {
  const processes = namesIn('/proc').filter((name) => /^[0-9]+$/.test(name));
  return processes.flatMap((pid) => {
    const namespace = followProcessLink(Number(pid), 'ns/user');
    return typeof namespace === 'string' ? [Number(pid)] : namesIn(`/proc/${pid}/task`).map(Number);
  });
}
