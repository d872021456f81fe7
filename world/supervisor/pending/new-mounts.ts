/**
 * Label options and layers of new mounts: given before the superblock exists, recorded for its device number afterwards.
 *
 * Model: the call that makes the mount is notified before it happens. The kernel continues, and at the next notified call of any thread
 * the new superblock is looked for: among the mounts that the caller of mount(2) did not have before, or the descriptors
 * of the caller of fsmount(2). When the same thread makes another call and there is none, its call has failed.
 */
import { readdirSync } from 'node:fs';
import { type MountEntry, parseMountInfo } from '../../../host/procfs/mount-info.ts';
import { type CallerFd, callerFd, type Tid, tidOf } from '../../../linux/ids.ts';
import type { MountLabels } from '../../../lsm/framework/files/inode.ts';
import { mounterOf } from '../../../lsm/framework/files/layers.ts';
import { readAll } from '../../kernel-files/mount-table/read-all.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import type { Ask } from '../protocol/questions/index.ts';
import type { NewLayers } from './new-layers.ts';

/** A superblock, as `major:minor`, and the caller's descriptor of a mount of it that is not attached. */
interface Found {
  readonly device: string;
  readonly descriptor?: CallerFd;
}

interface Pending {
  readonly tid: Tid;
  readonly type?: string;
  readonly labels: MountLabels;
  readonly made?: NewLayers | undefined;
  attempts: number;
  /** The new superblock, once it exists. */
  find(): Found | undefined;
  /** To be called when it is not looked for any more. */
  close?(): void;
}

const LIMIT = 256;
/** After this many calls of other threads the call counts as failed: its thread may have ended. */
const ATTEMPTS = 200;

export class NewMounts {
  readonly #view: CallerView;
  readonly #files: FileInspector;
  readonly #ask: Ask;
  #pending: Pending[] = [];
  /** Labelled mounts that were not attached yet, by device: process and descriptor. */
  readonly #detached = new Map<string, { readonly tid: Tid; readonly descriptor: CallerFd }>();

  constructor(view: CallerView, files: FileInspector, ask: Ask) {
    this.#view = view;
    this.#files = files;
    this.#ask = ask;
  }

  /** To be called before mount(2) of this type in the caller's mount namespace. */
  expectMount(tid: Tid, type: string, labels: MountLabels, made?: NewLayers): void {
    // An open mountinfo can be read after the caller has ended.
    const list = this.#view.open(`/proc/${tid}/mountinfo`, 0);
    if (list < 0) return;
    const before = new Set(mountLines(list).map(({ id }) => id));
    const find = (): Found | undefined => {
      const made = mountLines(list).findLast((line) => line.type === type && !before.has(line.id));
      return made && { device: made.device };
    };
    this.#push({ tid, labels, made, attempts: 0, find, close: () => this.#view.close(list) });
  }

  /** To be called before fsmount(2) of this type. */
  expectDescriptor(tid: Tid, type: string, labels: MountLabels, made?: NewLayers): void {
    const before = new Set(descriptorsOf(tid));
    const find = (): Found | undefined => {
      for (const descriptor of descriptorsOf(tid)) {
        const device = before.has(descriptor) ? undefined : this.#deviceOfMount(tid, descriptor);
        if (device !== undefined) return { device, descriptor };
      }
      return undefined;
    };
    this.#push({ tid, type, labels, made, attempts: 0, find });
  }

  /**
   * Mounts whose descriptor was closed count as attached from now on: they are gone when no mountinfo lists them. Not
   * earlier, because move_mount(2) is notified before it attaches; until then the descriptor keeps the superblock.
   */
  forgetClosed(): void {
    for (const [device, { tid, descriptor }] of this.#detached) {
      if (this.#deviceOfMount(tid, descriptor) === device) continue;
      this.#detached.delete(device);
      this.#ask({ kind: 'mount-attached', device });
    }
  }

  /** `major:minor` when the caller's descriptor is the root of a mount. */
  #deviceOfMount(tid: Tid, descriptor: CallerFd): string | undefined {
    const identity = this.#view.identityOf(tid, descriptor);
    return identity?.mountRoot ? `${identity.major}:${identity.minor}` : undefined;
  }

  /** Records the superblocks that exist by now. `tid` makes a call, so its earlier ones have returned. */
  complete(tid: Tid): void {
    if (this.#pending.length === 0) return;
    this.#pending = this.#pending.filter((entry) => {
      const found = entry.find();
      if (found !== undefined) this.#found(found, entry);
      entry.attempts++;
      const waits = found === undefined && entry.tid !== tid && entry.attempts < ATTEMPTS;
      if (!waits) entry.close?.();
      return waits;
    });
  }

  /** To be called when the worker ends. */
  close(): void {
    this.complete(tidOf(0));
    for (const entry of this.#pending) entry.close?.();
    this.#pending = [];
  }

  #found({ device, descriptor }: Found, { tid, type, labels, made }: Pending): void {
    if (type !== undefined) this.#files.expectDetached(device, type);
    if (Object.keys(labels).length === 0 && made === undefined) return;
    if (made !== undefined) this.#ask({ kind: 'maker-note', tid, object: mounterOf(device), from: made.noted });
    const attached = descriptor === undefined;
    this.#ask({ kind: 'mount-labels', device, labels, attached, ...(made && { layers: made.layers }) });
    if (descriptor !== undefined) this.#detached.set(device, { tid, descriptor });
  }

  #push(entry: Pending): void {
    if (this.#pending.length === LIMIT) this.#pending.shift()?.close?.();
    this.#pending.push(entry);
  }
}

/** The mounts in an open mountinfo, oldest first. */
function mountLines(list: number): MountEntry[] {
  return parseMountInfo(readAll(list));
}

/** Numbers of the open descriptors of a thread. */
export function descriptorsOf(tid: Tid): CallerFd[] {
  try {
    return readdirSync(`/proc/${tid}/fd`).map((name) => callerFd(Number(name)));
  } catch {
    return [];
  }
}
