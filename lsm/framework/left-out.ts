/**
 * Configured names without effect: modules that do not run, parameters that the build lacks. A kernel ignores them
 * silently.
 */
import type { KernelBuild } from './config.ts';
import type { Stack } from './stack.ts';

export interface LeftOut {
  readonly name: string;
  /** One clause. */
  readonly why: string;
}

/**
 * Obsolete names (`integrity`) in the lists of distributions; kernels skip them.
 */
export const RETIRED: readonly string[] = ['integrity'];

export function leftOut({ config, compiledIn, active }: Pick<Stack, 'config' | 'compiledIn' | 'active'>): LeftOut[] {
  const names = new Set((config.lsm ?? config.security ?? '').split(','));
  return [...names]
    .filter((name) => name !== '' && !RETIRED.includes(name) && !active.includes(name))
    .map((name) => ({ name, why: reason(name) }));

  function reason(name: string): string {
    const module = compiledIn.find((candidate) => candidate.name === name);
    if (module === undefined) return `the build '${config.build.name}' lacks it`;
    const first = compiledIn.find((other) => other.exclusive && active.includes(other.name));
    return module.exclusive && config.profile === 'mainline' && first !== undefined
      ? `the profile 'mainline' runs one of its kind, and ${first.name} comes first`
      : 'a kernel parameter switches it off';
  }
}

/** @param parameters as they were given to boot(), by name. */
export function ignoredParameters(build: KernelBuild, parameters: Readonly<Record<string, string>>): LeftOut[] {
  return Object.entries(parameters)
    .filter(([name]) => build.withoutParameters?.includes(name))
    .map(([name, value]) => ({ name: `${name}=${value}`, why: `the build '${build.name}' has no such parameter` }));
}
