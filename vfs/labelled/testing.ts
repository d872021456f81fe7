/**
 * A labelled tree in memory whose root everybody may change, for tests.
 */
import { failed } from '../../linux/errno.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import { type MemoryOptions, memoryFilesystem as make } from './memory.ts';

export function everybodysFilesystem(options: MemoryOptions = {}): Filesystem {
  const filesystem = make({ mode: 0o777, ...options });
  if (failed(filesystem)) throw new Error(filesystem.toString());
  return filesystem;
}
