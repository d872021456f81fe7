/**
 * The modules of a kernel that label ordinary files, by two files of the kernel.
 */
import type { ModuleFacts } from '../module-facts.ts';

/** Contents of files; empty = the file is not there. */
export interface KernelLists {
  /** /proc/filesystems: `nodev`, a tab and the type, or the tab and the type. */
  readonly filesystems: string;
  /** /sys/kernel/security/lsm: names with commas between them. */
  readonly modules: string;
}

/** @returns names of modules that the kernel runs. */
export function fileLabellers({ filesystems, modules }: KernelLists, known: readonly ModuleFacts[]): string[] {
  const types = new Set(filesystems.split('\n').map((line) => line.slice(line.indexOf('\t') + 1)));
  const active = new Set(modules.trim().split(','));
  const runs = ({ name, filesystem }: ModuleFacts) =>
    active.has(name) || (filesystem !== undefined && types.has(filesystem.type));
  return known.filter((module) => module.labelsFiles === true && runs(module)).map(({ name }) => name);
}
