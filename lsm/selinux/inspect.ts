/** What SELinux tells of itself: its namespaces, each after the one it is in. */
import type { ModuleInspection, NamespaceInspection } from '../framework/inspection/inspection.ts';
import type { SelinuxNamespace } from './namespaces/namespace.ts';
import type { Namespaces } from './namespaces/namespaces.ts';

/** `init` for the initial one, as the kernel names the first of any kind. */
export function displayName(namespace: SelinuxNamespace): string {
  return namespace.isInitial ? 'init' : namespace.name;
}

/** @param population the namespace of each task. */
export function inspectNamespaces(namespaces: Namespaces, population: readonly SelinuxNamespace[]): ModuleInspection {
  const all = [...namespaces.all()];
  const visit = (namespace: SelinuxNamespace): NamespaceInspection[] => [
    {
      name: displayName(namespace),
      depth: namespace.depth,
      tasks: population.filter((other) => other === namespace).length,
      mode: namespace.state.enforcing ? 'enforcing' : 'permissive',
      policyLoaded: namespace.state.loaded !== undefined,
    },
    ...all.filter(({ parent }) => parent === namespace).flatMap(visit),
  ];
  return { namespaces: visit(namespaces.initial) };
}
