/**
 * What decisions about files depend on, beside the subject and the arguments of the hooks: for caches of such decisions.
 */

/**
 * `nothing`: whatever a task with this subject does to files and with memory is allowed, and nothing is recorded.
 * `undefined`: they depend on all that is known of the files.
 */
export type AccessScope = 'nothing' | LabelScope | undefined;

/**
 * A file is known by class, filesystem and these attributes, and without them by its path or its default label; not by owner, mode or
 * number. With {@link LabelScope.rules} it is known by its owner and by where these lead its path, too.
 */
export interface LabelScope {
  /** Names where they are stored. */
  readonly attributes: readonly string[];
  /** Types of filesystems on which the path does not count for files that lack them, except for the root; or all. */
  readonly uniform: readonly string[] | 'all';
  /** Further ones on which their default label counts (`defaultContext` of InodeFacts) and not the path, except for the root. */
  readonly byDefault: readonly string[];
  /** Names of new files that count. */
  readonly named: readonly string[];
  /** Which match paths, also of new files; those of directories end with a slash. Empty = paths do not count but as above. */
  readonly rules: readonly PathRules[];
}

/** Paths that an automaton leads from this state to equal ones get equal answers. */
export interface PathRules {
  /** Number of the automaton (path-automaton.ts). */
  readonly automaton: number;
  readonly start: number;
}

/** Of several modules together. */
export function commonScope(scopes: readonly AccessScope[]): AccessScope {
  return scopes.reduce((all, scope) => {
    if (all === 'nothing') return scope;
    if (scope === 'nothing') return all;
    return all && scope && together(all, scope);
  }, 'nothing' as AccessScope);
}

function together(one: LabelScope, other: LabelScope): LabelScope {
  return {
    attributes: [...new Set([...one.attributes, ...other.attributes])],
    uniform: inBoth(one.uniform, other.uniform),
    byDefault: [
      ...one.byDefault.filter((type) => isWithoutPath(other, type)),
      ...other.byDefault.filter((type) => isWithoutPath(one, type) && !one.byDefault.includes(type)),
    ],
    named: [...new Set([...one.named, ...other.named])],
    rules: [...one.rules, ...other.rules],
  };
}

function isWithoutPath({ uniform, byDefault }: LabelScope, type: string): boolean {
  return uniform === 'all' || uniform.includes(type) || byDefault.includes(type);
}

function inBoth(one: LabelScope['uniform'], other: LabelScope['uniform']): LabelScope['uniform'] {
  if (one === 'all') return other;
  return other === 'all' ? one : one.filter((type) => other.includes(type));
}
