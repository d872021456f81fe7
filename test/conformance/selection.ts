/** Which scenarios belong to which area, and which can run: those whose security modules this project implements. */
import { KERNEL_BUILDS } from '../../lsm/library/index.ts';
import { MODULES } from '../../lsm/modules.ts';
import type { KernelKind, Scenario } from './scenario.ts';

/** By the first letter of the scenario's name. */
const AREAS: Readonly<Record<string, string>> = {
  a: 'stacking, attr files, LSM system calls',
  b: 'SELinux before a policy',
  c: 'SELinux with a policy',
  d: 'AppArmor',
  e: 'Smack',
  f: 'IMA, EVM, TOMOYO, minor modules',
  g: 'waiting and mapped readers',
  h: 'real clients',
  j: 'audit',
  k: 'mediation',
};

/** Modules that a scenario is about although its lsm= list does not name them (class `last`: always active). */
const ALSO_NEEDED: readonly { readonly prefix: string; readonly modules: readonly string[] }[] = [
  { prefix: 'f-ima-', modules: ['ima'] },
];

/** Scenarios of these areas change settings of the kernel they run on; never run them outside a world or a guest. */
const CHANGES_KERNEL = ['d', 'e', 'f', 'h', 'j', 'k'];

/** The emulated kernel build that corresponds to the kernel a golden was recorded on. */
export const BUILD_OF: Readonly<Record<KernelKind, keyof typeof KERNEL_BUILDS>> = { uml: 'uml', qemu: 'debian' };

function letter(name: string): string {
  return name.slice(0, name.indexOf('-'));
}

export function areaOf(name: string): string {
  return AREAS[letter(name)] ?? 'other';
}

export function mayRunBare(name: string): boolean {
  return !CHANGES_KERNEL.includes(letter(name));
}

/** Names in the scenario's lsm= list that the emulated kernel has compiled in but this project does not implement. */
export function missingModules(scenario: Scenario): string[] {
  const build = KERNEL_BUILDS[BUILD_OF[scenario.kernel]];
  const compiledIn: readonly string[] = build.modules;
  const named = (scenario.lsm ?? build.defaultLsm).split(',').filter((name) => compiledIn.includes(name));
  const also = ALSO_NEEDED.filter((rule) => scenario.name.startsWith(rule.prefix)).flatMap((rule) => rule.modules);
  return [...named, ...also].filter((name) => MODULES.find((module) => module.name === name)?.create === undefined);
}

/** Shell-like pattern with * and ?. */
export function globMatcher(glob: string): (name: string) => boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${pattern}$`);
  return (name) => expression.test(name);
}
