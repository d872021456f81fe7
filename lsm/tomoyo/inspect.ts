/** What TOMOYO tells of itself: its policy namespaces, with their profiles and tasks. */
import type { ModuleInspection } from '../framework/inspection/inspection.ts';
import type { Task } from '../framework/task.ts';
import type { TomoyoSecurity } from './decide/security.ts';

export function inspectPolicy({ policy, tasks }: TomoyoSecurity, all: readonly Task[]): ModuleInspection {
  return {
    namespaces: policy.namespaces.map((namespace, at) => ({
      name: namespace.name,
      depth: at === 0 ? 0 : 1,
      tasks: all.filter((task) => tasks.of(task).domain.namespace === namespace).length,
      profiles: namespace.profiles.size,
      policyLoaded: policy.loaded,
    })),
  };
}
