/**
 * Modules that were asked for and do not run: a kernel ignores such names in silence.
 */
import type { Stack } from './stack.ts';

export interface LeftOut {
  readonly name: string;
  /** One clause. */
  readonly why: string;
}

/**
 * Names that still stand in every distribution's list and have meant no module since IMA and EVM stand for themselves;
 * kernels skip them.
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
