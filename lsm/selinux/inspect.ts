/** What SELinux tells of itself: its namespaces, each after the one it is in. */
import type { ModuleInspection, NamespaceInspection } from '../core/inspection.ts';
import type { SelinuxNamespace } from './namespace.ts';
import type { Namespaces } from './namespaces.ts';

/** @param population the namespace of each task. */
export function inspectNamespaces(namespaces: Namespaces, population: readonly SelinuxNamespace[]): ModuleInspection {
  const all = [...namespaces.all()];
  const visit = (namespace: SelinuxNamespace): NamespaceInspection[] => [
    {
      name: namespace.isInitial ? 'init' : namespace.name,
      depth: namespace.depth,
      tasks: population.filter((other) => other === namespace).length,
      mode: namespace.state.enforcing ? 'enforcing' : 'permissive',
      policyLoaded: namespace.state.loaded !== undefined,
    },
    ...all.filter(({ parent }) => parent === namespace).flatMap(visit),
  ];
  return { namespaces: visit(namespaces.initial) };
}
