/**
 * A labelled tree in memory, for tests.
 */
import { createFsFromVolume, Volume } from 'memfs';
import { failed } from '../../linux/errno.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import { type Backend, type LabelledOptions, labelledFilesystem, MemoryLabelStore } from './index.ts';

export function memoryFilesystem(options: Partial<LabelledOptions> = {}): Filesystem {
  const backend = createFsFromVolume(new Volume()) as unknown as Backend;
  const filesystem = labelledFilesystem({ backend, store: new MemoryLabelStore(), root: '/', ...options });
  if (failed(filesystem)) throw new Error(filesystem.toString());
  return filesystem;
}
