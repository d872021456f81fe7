/**
 * Which modules label ordinary files on this host. Read before anything of a world covers these files: in a world they are those of that world,
 * which is the host of another one in it.
 */
import { readFileSync } from 'node:fs';
import { fileLabellers } from '../../lsm/core/file-labellers.ts';

/** Names of modules. */
export function hostFileLabellers(): string[] {
  return fileLabellers({ filesystems: textOf('/proc/filesystems'), modules: textOf('/sys/kernel/security/lsm') });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
