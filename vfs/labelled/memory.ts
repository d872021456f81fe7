/**
 * A labelled tree in memory: the files are memfs's, their owners, modes and attributes are kept beside them.
 */
import { createFsFromVolume, Volume } from 'memfs';
import { failed, type Result } from '../../linux/errno.ts';
import { KERNEL_CALLER } from '../tree/caller.ts';
import type { Filesystem } from '../tree/filesystem.ts';
import { type Backend, type LabelledOptions, labelledFilesystem, MemoryLabelStore } from './index.ts';

export interface MemoryOptions extends Partial<LabelledOptions> {
  /** Default: `tmpfs`, with its magic. */
  readonly type?: string;
  readonly magic?: number;
  /** Permission bits of the root, which belongs to root. Default 0755. */
  readonly mode?: number;
}

/** An empty tree; an error only where a given backend has one. */
export function memoryFilesystem({ type, magic, mode = 0o755, ...options }: MemoryOptions = {}): Result<Filesystem> {
  const files = createFsFromVolume(new Volume());
  const backend = files as unknown as Backend;
  const all = { backend, store: new MemoryLabelStore(), root: '/', ...options };
  const filesystem = labelledFilesystem(all, type, magic);
  if (failed(filesystem)) return filesystem;
  const problem = filesystem.root.setAttributes?.({ uid: 0, gid: 0, mode }, KERNEL_CALLER);
  const watch = files.watch as unknown as NonNullable<Filesystem['watch']>;
  return problem ?? { ...filesystem, ...(options.backend === undefined && { watch }) };
}
