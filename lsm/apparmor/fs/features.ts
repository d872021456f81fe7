/**
 * features/: what the kernel can mediate, one small file per fact.
 *
 * apparmor_parser compiles for what it finds here, and names its cache after it, so the tree is that of Linux 6.12 to the byte (recorded).
 */
import { type InodeInit, StaticDirectory, TextFile } from '../../../vfs/pseudo/index.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import { FEATURES, type Feature, featureText } from '../policy/features.ts';

/** @param init makes what a node with this mode starts from. */
export function featuresDirectory(init: (mode: number) => InodeInit): StaticDirectory {
  const directory = (features: { readonly [name: string]: Feature }): StaticDirectory =>
    new StaticDirectory({
      ...init(0o755),
      entries: Object.entries(features).map(([name, value]): DirectoryEntry => {
        if (typeof value === 'object') return { name, node: directory(value) };
        const text = featureText(value);
        return { name, node: new TextFile(init(0o444), () => text) };
      }),
    });
  return directory(FEATURES);
}
