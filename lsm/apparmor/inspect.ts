/** What AppArmor tells of itself: its policy namespaces, each after the one it is in, with their profiles and tasks. */
import type { ModuleInspection, NamespaceInspection } from '../framework/inspection/inspection.ts';
import type { Task } from '../framework/task.ts';
import type { ApparmorSecurity } from './decide/security.ts';
import type { PolicyNamespace, Profile } from './policy/index.ts';

export function inspectPolicy(security: ApparmorSecurity, tasks: readonly Task[]): ModuleInspection {
  const population = new Map<PolicyNamespace, number>();
  for (const task of tasks) {
    const ns = security.labels(task).label.newest().namespace;
    population.set(ns, (population.get(ns) ?? 0) + 1);
  }
  const namespaces: NamespaceInspection[] = [];
  const visit = (ns: PolicyNamespace): void => {
    const { name, level, profiles } = ns;
    namespaces.push({ name, depth: level, tasks: population.get(ns) ?? 0, profiles: count(profiles) });
    ns.children.toReversed().forEach(visit);
  };
  visit(security.policy.root);
  return { namespaces };
}

function count(profiles: readonly Profile[]): number {
  return profiles.reduce((sum, { children }) => sum + 1 + count(children), 0);
}
