/**
 * Modules of the host's kernel that label ordinary files. Not to be used in a world, where both files are covered.
 */
import { readFileSync } from 'node:fs';
import { fileLabellers } from '../../lsm/framework/files/file-labellers.ts';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';

/** Names of modules. */
export function hostFileLabellers(): string[] {
  const lists = { filesystems: textOf('/proc/filesystems'), modules: textOf('/sys/kernel/security/lsm') };
  return fileLabellers(lists, KNOWN_MODULES);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
