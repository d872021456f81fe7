/**
 * lsm_unshare(2): the caller alone enters a namespace of its own, whose map the context is, in the lines of
 * `label_map`. Nobody has proposed what the call means for Smack: this is what container managers do in two steps, without the
 * user namespace. The capabilities that count are those in the initial one, so its root works on labels with a name.
 */
import { E, type Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Task } from '../../framework/task.ts';
import type { SmackSecurity } from '../decide/security.ts';

/**
 * EPERM for who is in a namespace or unprivileged; EINVAL for a context that is no map, EEXIST for one that names
 * something twice; EACCES where it has no name for the label of the caller. Then nothing has changed but that labels
 * before the mistake are known.
 */
export function unshare(security: SmackSecurity, task: Task, value: Uint8Array, caller: Caller): Errno | undefined {
  if (!security.administers(caller)) return E.EPERM;
  const namespace = security.namespaces.make();
  const refused = namespace.map.add(value, security.labels);
  if (refused !== undefined) return refused;
  const own = security.of(task);
  if (namespace.map.shown(own.label) === undefined) return E.EACCES;
  security.set(task, { ...own, namespace });
  return undefined;
}
