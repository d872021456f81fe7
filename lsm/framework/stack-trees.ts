/** The trees that a stack shows beside /proc and the filesystems of single modules: securityfs, sysctls, sysfs. */
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { DirectoryEntry, Node } from '../../vfs/tree/node.ts';
import type { PathSecurity } from './files/path-security.ts';
import type { FilesystemType } from './filesystem-type.ts';
import { moduleDirectories } from './proc/module-directories.ts';
import { createSecurityfs, securityfsType } from './proc/securityfs.ts';
import { createSysctlTree } from './proc/sysctl-tree.ts';
import type { StackParts } from './stack-parts.ts';
import { tpmClass } from './tpm/class.ts';

export interface StackTrees {
  readonly securityfs: Filesystem;
  readonly securityfsType: FilesystemType;
  /** Path below /proc/sys to node. */
  readonly sysctls: ReadonlyMap<string, Node>;
  readonly sysctlTree: Filesystem;
  /** By path below /sys. */
  readonly sysfsDirectories: ReadonlyMap<string, Filesystem>;
}

export interface StackTreesInit {
  readonly parts: StackParts;
  /** Names of modules in registration order. */
  readonly active: readonly string[];
  /** Name of the default module of tasks that chose none; absent = there are no default modules. */
  readonly defaultModule: string | undefined;
  /** What the framework itself has in securityfs. */
  readonly entries: readonly DirectoryEntry[];
  /** What guards each tree at its usual place. */
  readonly paths: PathSecurity;
}

export function createStackTrees({ parts, active, defaultModule, entries, paths }: StackTreesInit): StackTrees {
  const modules = parts.modules.map(({ module }) => module);
  const time = parts.config.bootTime ?? 0n;
  const securityfs = createSecurityfs({
    active,
    entries: [...entries, ...modules.flatMap((module) => module.securityfs ?? [])],
    integrity: modules.flatMap((module) => module.integrity ?? []),
    defaultModule,
    numbers: parts.securityfsNumbers,
    changes: parts.securityfsChanges,
    time,
  });
  const own = modules.find((module) => module.ownSecurityfs !== undefined)?.ownSecurityfs;
  const sysctls = new Map(modules.flatMap((module) => [...(module.sysctls ?? [])]));
  const directories = [...moduleDirectories(parts), ...tpmClass(parts.tpm, time)];
  return {
    securityfs: paths.guard(securityfs),
    securityfsType: securityfsType(securityfs, own),
    sysctls,
    sysctlTree: paths.guard(createSysctlTree(sysctls, parts.sysctlNumbers), '/proc/sys'),
    sysfsDirectories: new Map(
      directories.map(([place, directory]) => [place, paths.guard(directory, `/sys/${place}`)]),
    ),
  };
}
