/** What `lsmfs tree` and `lsmfs ima --namespace` tell: the initial namespace and each further one after the one it is in. */
import type { UserNamespace } from '../../../vfs/tree/caller.ts';
import type { ModuleInspection, NamespaceInspection } from '../../framework/inspection/inspection.ts';
import type { Measurements } from '../list/measurements.ts';
import type { Policy } from '../policy/policy.ts';
import type { ImaNamespace } from './namespace.ts';
import type { ImaNamespaces } from './namespaces.ts';

interface Shown {
  readonly policy: Policy;
  readonly measurements: Measurements | undefined;
}

/** Name of the one that is there from boot, as the kernel calls the first of any kind. */
export const INITIAL = 'init';

/** As `lsns` calls the user namespace. */
export function displayName({ userNamespace }: ImaNamespace): string {
  return String(userNamespace.id);
}

/** Nothing where there is the initial one alone. @param population the user namespace of each task. */
export function inspectNamespaces(
  initial: Shown,
  namespaces: ImaNamespaces,
  population: readonly (UserNamespace | undefined)[],
): ModuleInspection | undefined {
  const all = namespaces.all();
  if (all.length === 0) return undefined;
  const nearest = population.map((where) => namespaces.around(where)[0]);
  const told = (name: string, depth: number, of: ImaNamespace | undefined, shown: Shown): NamespaceInspection => ({
    name,
    depth,
    tasks: nearest.filter((namespace) => namespace === of).length,
    mode: shown.measurements === undefined ? 'inactive' : 'active',
    rules: shown.policy.rules.length,
    ...(shown.measurements && {
      measurements: shown.measurements.entries.length,
      violations: shown.measurements.violations,
    }),
  });
  const parentOf = ({ userNamespace }: ImaNamespace) =>
    namespaces.around(userNamespace).find(({ userNamespace: { id } }) => id !== userNamespace.id);
  const visit = (namespace: ImaNamespace, depth: number): NamespaceInspection[] => [
    told(displayName(namespace), depth, namespace, {
      policy: namespace.policy,
      measurements: namespace.state?.measurements,
    }),
    ...all.filter((other) => parentOf(other) === namespace).flatMap((inner) => visit(inner, depth + 1)),
  ];
  const outermost = all.filter((namespace) => parentOf(namespace) === undefined);
  return {
    namespaces: [told(INITIAL, 0, undefined, initial), ...outermost.flatMap((namespace) => visit(namespace, 1))],
  };
}
