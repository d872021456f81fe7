/**
 * Modules of the host's kernel that label ordinary files. Not to be used in a world, where both files are covered.
 */
import { fileText } from '../../host/files/file-text.ts';
import { fileLabellers } from '../../lsm/framework/files/file-labellers.ts';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';

/** Names of modules. */
export function hostFileLabellers(): string[] {
  const lists = {
    filesystems: fileText('/proc/filesystems') ?? '',
    modules: fileText('/sys/kernel/security/lsm') ?? '',
  };
  return fileLabellers(lists, KNOWN_MODULES);
}
