/**
 * What the running modules declare about ordinary files and programs, taken together.
 */
import type { MountOptionNames } from './files/inode.ts';
import type { BootedModule } from './module.ts';

export interface Declared {
  /** Names of the security attributes that modules decide about. */
  readonly xattrNames: readonly string[];
  /** Those that follow the content of files. */
  readonly contentXattrs: readonly string[];
  /** Those whose changes modules that guard metadata are asked about, beside those that others decide about. */
  readonly guardedXattrs: readonly string[];
  /** May a module come to guard owner and mode of files? */
  readonly guardsMetadata: boolean;
  /** Label options of mounts that modules take. */
  readonly mountOptions: MountOptionNames;
  /** Can new files get labels before anybody wrote anything? */
  readonly labelsFilesFromBoot: boolean;
  /** Do modules want to know which program is executed? */
  readonly decidesExec: boolean;
  /** Do they look at its arguments, and at the symbolic link that it is called by? */
  readonly wantsExecDetails: boolean;
}

export function declaredBy(booted: readonly BootedModule[]): Declared {
  const modules = booted.map(({ module }) => module);
  return {
    xattrNames: modules.flatMap(({ xattrs }) => xattrs ?? []),
    contentXattrs: modules.flatMap(({ contentXattrs }) => contentXattrs ?? []),
    guardedXattrs: modules.flatMap(({ guardedXattrs }) => guardedXattrs ?? []),
    guardsMetadata: modules.some(({ guardsMetadata }) => guardsMetadata === true),
    mountOptions: {
      valued: modules.flatMap(({ mountOptions }) => mountOptions?.valued ?? []),
      flags: modules.flatMap(({ mountOptions }) => mountOptions?.flags ?? []),
    },
    labelsFilesFromBoot: modules.some(({ labelsFilesFromBoot }) => labelsFilesFromBoot === true),
    decidesExec: modules.some(({ hooks }) => (hooks.bprmCredsForExec ?? hooks.bprmCheckSecurity) !== undefined),
    wantsExecDetails: modules.some(({ wantsExecDetails }) => wantsExecDetails === true),
  };
}

/** Full names of the attributes that the modules with these names store labels of files in, as far as they run. */
export function fileLabelNames(booted: readonly BootedModule[], names: readonly string[]): string[] {
  const chosen = booted.filter(({ definition }) => names.includes(definition.name));
  return chosen.flatMap(({ module }) => module.xattrs ?? []).filter((name) => !name.endsWith('.'));
}
