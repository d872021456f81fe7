/**
 * Filesystem contexts of the host: what fsopen(2) and fspick(2) made, and the label options that fsconfig(2) gave it since.
 *
 * Model: a context is known by the process and its descriptor. The number that a call is going to return is the lowest
 * that is free, so it is known when the call is notified; another thread that opens something at that moment makes it
 * wrong, and the options are then of no effect.
 */
import type { CallerFd, Tgid, Tid } from '../../../linux/ids.ts';
import type { FilesystemFacts, MountLabels } from '../../../lsm/framework/files/inode.ts';
import { descriptorsOf } from './new-mounts.ts';

export interface HostFsContext {
  readonly filesystem: FilesystemFacts;
  /** Of an existing superblock (fspick), as `major:minor`. */
  readonly device?: string;
  labels: MountLabels;
}

/** Contexts are short-lived; who never uses his again is forgotten first. */
const LIMIT = 256;

export class HostFsContexts {
  readonly #contexts = new Map<string, HostFsContext>();

  /** A thread of this process is about to get a context. */
  expect(tid: Tid, tgid: Tgid, context: Omit<HostFsContext, 'labels'>): void {
    const used = new Set<number>(descriptorsOf(tid));
    let free = 0;
    while (used.has(free)) free++;
    const key = `${tgid} ${free}`;
    this.#contexts.delete(key);
    const [oldest] = this.#contexts.size < LIMIT ? [] : this.#contexts.keys();
    if (oldest !== undefined) this.#contexts.delete(oldest);
    this.#contexts.set(key, { ...context, labels: {} });
  }

  of(tgid: Tgid, descriptor: CallerFd): HostFsContext | undefined {
    return this.#contexts.get(`${tgid} ${descriptor}`);
  }
}
