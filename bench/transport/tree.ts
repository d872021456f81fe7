/** The tree of the bench: what server.c serves, from the product's own builders. */

import { InodeNumbers, StaticDirectory, TextFile } from '../../vfs/pseudo/index.ts';
import { Changes } from '../../vfs/tree/changes.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';

const FILES = 100;

export function benchFilesystem(): Filesystem {
  const inodes = new InodeNumbers();
  const file = (text: string) => {
    const bytes = Buffer.from(text);
    return new TextFile({ ino: inodes.next(), mode: 0o666 }, () => bytes);
  };
  const entries = Array.from({ length: FILES }, (_, i) => ({
    name: `f${String(i).padStart(3, '0')}`,
    node: file('file-text\n'),
  }));
  const dir = new StaticDirectory({ ino: inodes.next(), mode: 0o755, cache: 'dynamic', entries });
  const root = new StaticDirectory({
    ino: inodes.next(),
    mode: 0o755,
    entries: [
      { name: 'hello', node: file(`${'h'.repeat(63)}\n`) },
      { name: 'dir', node: dir },
    ],
  });
  return { type: 'benchfs', magic: 0, root, changes: new Changes() };
}
