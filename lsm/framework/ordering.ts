/**
 * Which modules run, and in which order: `lsm=`, `security=` and CONFIG_LSM.
 *
 * Model: ordered_lsm_init() of Linux 6.12 (security/security.c). A list is built: class `first`; the names of the list
 * in force; the module of `security=` when the list lacks it; class `last`. Then each is accepted unless its own
 * switch, the choice of `security=` or an earlier exclusive module forbids it. The other profiles than `mainline` let
 * exclusive modules run together, as the stacking patches do. Early modules (lockdown, in some builds) are outside all
 * that: they come first and always run.
 */
import type { BootConfig } from './config.ts';
import type { ModuleDefinition } from './module.ts';

/** Is the module part of the emulated kernel? */
export function isCompiledIn(
  { build, profile }: Pick<BootConfig, 'profile' | 'build'>,
  { name, proposed }: ModuleDefinition,
): boolean {
  return build.modules.includes(name) || (proposed === true && profile === 'talk');
}

/** @param known every module there is, in link order; those that `config.build` compiles in take part. */
export function orderModules(config: BootConfig, known: readonly ModuleDefinition[]): readonly ModuleDefinition[] {
  const { build } = config;
  const compiledIn = known.filter((module) => isCompiledIn(config, module));
  const early = compiledIn.filter((module) => build.early.includes(module.name));
  const ordinary = compiledIn.filter((module) => !build.early.includes(module.name));

  const chosenMajor = config.lsm === undefined ? config.security : undefined;
  const refusedBySecurity = (module: ModuleDefinition): boolean =>
    chosenMajor !== undefined && module.legacyMajor && module.name !== chosenMajor;

  const list = new Set(ordinary.filter((module) => module.order === 'first'));
  const named = (config.lsm ?? build.defaultLsm).split(',');
  for (const name of named) {
    const module = ordinary.find((candidate) => candidate.name === name && candidate.order === 'mutable');
    if (module !== undefined) list.add(module);
  }
  for (const module of ordinary) if (module.legacyMajor && module.name === chosenMajor) list.add(module);
  for (const module of ordinary) if (module.order === 'last') list.add(module);

  const switchedOn = (module: ModuleDefinition): boolean => module.enabled?.(config) ?? true;
  let exclusive: ModuleDefinition | undefined;
  const accepted = [...list].filter((module) => {
    if (!switchedOn(module) || refusedBySecurity(module)) return false;
    if (module.exclusive && config.profile === 'mainline') {
      if (exclusive !== undefined) return false;
      exclusive = module;
    }
    return true;
  });
  return [...early.filter(switchedOn), ...accepted];
}
