/**
 * The sysctls of a stack as a filesystem: the directories of their paths below /proc/sys.
 */
import { InodeNumbers, StaticDirectory } from '../../vfs/builders/index.ts';
import { Changes } from '../../vfs/changes.ts';
import { type Filesystem, PROC_SUPER_MAGIC } from '../../vfs/filesystem.ts';
import type { DirectoryEntry, Node } from '../../vfs/node.ts';

export function sysctlTree(sysctls: ReadonlyMap<string, Node>, numbers = new InodeNumbers()): Filesystem {
  const paths = [...sysctls].map(([name, node]) => ({ parts: name.split('/'), node }));
  return { type: 'proc', magic: PROC_SUPER_MAGIC, root: directory(paths, numbers), changes: new Changes() };
}

interface PathTo {
  readonly parts: readonly string[];
  readonly node: Node;
}

function directory(paths: readonly PathTo[], numbers: InodeNumbers): StaticDirectory {
  const ino = numbers.next();
  const names = [...new Set(paths.map(({ parts }) => parts[0] ?? ''))];
  const entries = names.map((name): DirectoryEntry => {
    const below = paths.filter(({ parts }) => parts[0] === name);
    const file = below.find(({ parts }) => parts.length === 1);
    const rest = below.map(({ parts, node }) => ({ parts: parts.slice(1), node }));
    return { name, node: file?.node ?? directory(rest, numbers) };
  });
  return new StaticDirectory({ ino, mode: 0o555, entries });
}
