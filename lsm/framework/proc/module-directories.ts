/**
 * What stands for /sys/module/<name>, by its path below /sys: the directory of a running module, or that of one that is
 * compiled in and not run.
 */

import { SYSFS_MAGIC } from '../../../linux/magic.ts';
import type { InodeNumbers } from '../../../vfs/pseudo/index.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { BootConfig } from '../config.ts';
import type { BootedModule, ModuleDefinition } from '../module.ts';

export interface ModuleDirectoriesInit {
  readonly compiledIn: readonly ModuleDefinition[];
  readonly modules: readonly BootedModule[];
  readonly parameterNumbers: InodeNumbers;
  readonly config: BootConfig;
}

export function moduleDirectories({
  compiledIn,
  modules,
  parameterNumbers,
  config,
}: ModuleDirectoriesInit): Map<string, Filesystem> {
  const directories = new Map<string, Filesystem>();
  for (const definition of compiledIn) {
    const running = modules.find((booted) => booted.definition === definition);
    const root =
      running === undefined
        ? definition.inactiveParameters?.(parameterNumbers, config.bootTime ?? 0n)
        : running.module.parameters;
    if (root === undefined) continue;
    directories.set(`module/${definition.name}`, { type: 'sysfs', magic: SYSFS_MAGIC, root, changes: new Changes() });
  }
  return directories;
}
