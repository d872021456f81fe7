/** What `lsmfs tree` and `lsmfs ima --namespace` tell: the initial namespace and each further one after the one it is in. */
import { idInside, type UserNamespace } from '../../vfs/tree/caller.ts';
import type { ModuleInspection, NamespaceInspection } from '../framework/inspection/inspection.ts';
import type { WhyProblem } from '../framework/inspection/why.ts';
import type { Measurements } from './list/measurements.ts';
import type { ImaNamespace } from './namespaces/namespace.ts';
import type { ImaNamespaces } from './namespaces/namespaces.ts';
import type { Policy } from './policy/policy.ts';
import type { AskedLevel } from './why/why.ts';

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

/**
 * The namespaces that a question is about: the named one, or those of a task, the nearest first.
 * @param initial with `name` as {@link INITIAL}.
 */
export function askedLevels(
  namespaces: ImaNamespaces,
  initial: AskedLevel,
  name: string | undefined,
  where: UserNamespace | undefined,
): readonly AskedLevel[] | WhyProblem {
  if (name === INITIAL) return [initial];
  if (name === undefined) return [...namespaces.around(where).map(levelOf), initial];
  const named = namespaces.all().find((namespace) => displayName(namespace) === name);
  if (named !== undefined) return [levelOf(named)];
  const known = [INITIAL, ...namespaces.all().map(displayName)].join(', ');
  return {
    code: 'bad-option',
    problem: `There is no ima namespace '${name}'.`,
    fix: `lsmfs tree shows them: ${known}.`,
  };
}

function levelOf(namespace: ImaNamespace): AskedLevel {
  const { uids, gids } = namespace.userNamespace;
  return {
    name: displayName(namespace),
    policy: namespace.policy,
    measurements: namespace.state?.measurements,
    ids: { uid: (id) => idInside(uids, id), gid: (id) => idInside(gids, id) },
  };
}
