/**
 * /proc/filesystems with the types of the emulated kernel, and without those of modules that only the host's kernel runs.
 *
 * Format: `nodev` or nothing, a tab, the type (fs/filesystems.c), in the order of registration. A type that kernels register between others
 * comes there, as recorded; any other comes last.
 */

import { KNOWN_MODULES } from '../../lsm/known-modules.ts';
import { MODULE_FILESYSTEMS } from './host-filesystems.ts';

/** Type to the types that are registered before it, the nearest first. */
const AFTER: ReadonlyMap<string, readonly string[]> = new Map([
  ['securityfs', ['tracefs', 'debugfs', 'devtmpfs']],
  ...KNOWN_MODULES.flatMap(({ filesystem }) =>
    filesystem ? [[filesystem.type, filesystem.registeredAfter] as const] : [],
  ),
]);

const typeOf = (line: string): string => line.split('\t')[1] ?? '';

export function withFilesystemTypes(text: string, types: readonly string[]): string {
  const lines = text
    .split('\n')
    .slice(0, -1)
    .filter((line) => types.includes(typeOf(line)) || !MODULE_FILESYSTEMS.has(typeOf(line)));
  const present = () => lines.map(typeOf);
  // In an order in which each predecessor is placed before its successor.
  for (const type of [...types].sort()) {
    if (present().includes(type)) continue;
    const before = AFTER.get(type)?.find((name) => present().includes(name));
    lines.splice(before === undefined ? lines.length : present().indexOf(before) + 1, 0, `nodev\t${type}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
