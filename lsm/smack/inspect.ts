/** What Smack tells of itself. */
import type { ModuleInspection } from '../framework/inspection/inspection.ts';
import type { Task } from '../framework/task.ts';
import type { SmackSecurity } from './decide/security.ts';
import type { SmackNamespace } from './namespaces/namespaces.ts';

/** Rules are those of all; a namespace has names for labels. */
export function inspectSmack(security: SmackSecurity, tasks: readonly Task[]): ModuleInspection {
  const rules = security.labels
    .newestFirst()
    .reduce((sum, label) => sum + label.rules.entries().filter(([, access]) => access !== 0).length, 0);
  const inside = new Map<SmackNamespace, number>();
  for (const task of tasks) {
    const namespace = security.namespaceOf(task);
    if (namespace !== undefined) inside.set(namespace, (inside.get(namespace) ?? 0) + 1);
  }
  const counted = [...inside.values()].reduce((sum, count) => sum + count, 0);
  const mapped = [...inside].map(([{ number, userNamespace, map }, count]) => ({
    name: userNamespace === undefined ? `lsm_unshare ${number}` : `user:[${userNamespace.id}]`,
    depth: 1,
    tasks: count,
    labels: map.size,
  }));
  return { namespaces: [{ name: 'init', depth: 0, tasks: tasks.length - counted, rules }, ...mapped] };
}
