/**
 * Filesystem contexts of the host's types, made by fsopen(2) and fspick(2), with the label options that fsconfig(2) set since.
 *
 * Model: a context is identified by process and descriptor number. A call returns the lowest free number, so it can be
 * predicted when the call is notified. If another thread opens a file at that moment the prediction is wrong, and the
 * label options have no effect.
 */
import type { CallerFd, Tgid, Tid } from '../../../linux/ids.ts';
import type { FilesystemFacts, MountLabels } from '../../../lsm/framework/files/inode.ts';
import type { NewSuperblock } from '../protocol/questions/may-mount.ts';
import type { LayerOptions, NewLayers } from './new-layers.ts';
import { descriptorsOf } from './new-mounts.ts';

export interface HostFsContext {
  readonly filesystem: FilesystemFacts;
  /** Of an existing superblock (fspick), as `major:minor`. */
  readonly device?: string;
  labels: MountLabels;
  /** Of a superblock that was made: attributes of its root. */
  root: NewSuperblock['root'];
  layers: LayerOptions;
  /** Of a superblock with layers that was made. */
  made?: NewLayers | undefined;
}

/** Contexts are short-lived; beyond this limit the oldest is forgotten. */
const LIMIT = 256;

export class HostFsContexts {
  readonly #contexts = new Map<string, HostFsContext>();

  /** To be called before a thread of this process gets a context. */
  expect(tid: Tid, tgid: Tgid, context: Omit<HostFsContext, 'labels' | 'root' | 'layers' | 'made'>): void {
    const used = new Set<number>(descriptorsOf(tid));
    let free = 0;
    while (used.has(free)) free++;
    const key = `${tgid} ${free}`;
    this.#contexts.delete(key);
    const [oldest] = this.#contexts.size < LIMIT ? [] : this.#contexts.keys();
    if (oldest !== undefined) this.#contexts.delete(oldest);
    this.#contexts.set(key, { ...context, labels: {}, root: {}, layers: {} });
  }

  of(tgid: Tgid, descriptor: CallerFd): HostFsContext | undefined {
    return this.#contexts.get(`${tgid} ${descriptor}`);
  }
}
