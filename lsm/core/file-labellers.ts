/**
 * Which modules of a kernel label ordinary files, by two of its lists.
 */
import { KNOWN_MODULES } from './known-modules.ts';

/** Contents of files; empty = the file is not there. */
export interface KernelLists {
  /** /proc/filesystems: `nodev`, a tab and the type, or the tab and the type. */
  readonly filesystems: string;
  /** /sys/kernel/security/lsm: names with commas between them. */
  readonly modules: string;
}

/** @returns names of modules that the kernel runs. */
export function fileLabellers({ filesystems, modules }: KernelLists): string[] {
  const types = new Set(filesystems.split('\n').map((line) => line.slice(line.indexOf('\t') + 1)));
  const active = new Set(modules.trim().split(','));
  return KNOWN_MODULES.filter(
    ({ name, labelsFiles }) => labelsFiles !== undefined && (active.has(name) || types.has(labelsFiles)),
  ).map(({ name }) => name);
}
