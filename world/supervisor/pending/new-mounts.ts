/**
 * Label options, roots and layers of new mounts: given before the superblock exists, recorded for its device number afterwards.
 *
 * Model: the call that makes the mount is notified before it happens. The kernel continues, and at the next notified call of any thread
 * the new superblock is looked for: among the mounts that the caller of mount(2) did not have before, or the descriptors
 * of the caller of fsmount(2). When the same thread makes another call and there is none, its call has failed.
 */
import { readdirSync } from 'node:fs';
import { type MountEntry, parseMountInfo } from '../../../host/procfs/mount-info.ts';
import { type CallerFd, callerFd, type Tid, tidOf } from '../../../linux/ids.ts';
import { mounterOf } from '../../../lsm/framework/files/layers.ts';
import { readAll } from '../../kernel-files/mount-table/read-all.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import type { Ask } from '../protocol/questions/index.ts';
import type { NewSuperblock } from '../protocol/questions/may-mount.ts';
import type { NewLayers } from './new-layers.ts';

/** A superblock, as `major:minor`, and the caller's descriptor of a mount of it that is not attached. */
interface Found {
  readonly device: string;
  /** The caller saw a mount of it before: it is not the one that the call made. */
  readonly isOld: boolean;
  readonly descriptor?: CallerFd;
}

/** What is known of a superblock that is about to be made. */
export interface ExpectedSuperblock extends NewSuperblock {
  readonly type: string;
  readonly layers?: NewLayers | undefined;
}

interface Pending {
  readonly tid: Tid;
  readonly made: ExpectedSuperblock;
  attempts: number;
  /** The new superblock, once it exists. */
  find(): Found | undefined;
  /** To be called when it is not looked for any more. */
  close?(): void;
}

const LIMIT = 256;
/** Of mounts that are not attached the roots of so many are known: all are looked at when another is made. */
const MOST_DETACHED = 256;
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

  /** To be called before mount(2) in the caller's mount namespace. */
  expectMount(tid: Tid, made: ExpectedSuperblock): void {
    // An open mountinfo can be read after the caller has ended.
    const list = this.#view.open(`/proc/${tid}/mountinfo`, 0);
    if (list < 0) return;
    const before = mountLines(list);
    const [ids, devices] = [new Set(before.map(({ id }) => id)), devicesOf(before)];
    const find = (): Found | undefined => {
      const line = mountLines(list).findLast(({ id, type }) => type === made.type && !ids.has(id));
      return line && { device: line.device, isOld: devices.has(line.device) };
    };
    this.#push({ tid, made, attempts: 0, find, close: () => this.#view.close(list) });
  }

  /** To be called before fsmount(2). */
  expectDescriptor(tid: Tid, made: ExpectedSuperblock): void {
    const before = new Set(descriptorsOf(tid));
    const devices = hasRoot(made) ? this.#devicesSeen(tid) : new Set<string>();
    const find = (): Found | undefined => {
      for (const descriptor of descriptorsOf(tid)) {
        const device = before.has(descriptor) ? undefined : this.#deviceOfMount(tid, descriptor);
        if (device !== undefined) return { device, descriptor, isOld: devices.has(device) };
      }
      return undefined;
    };
    this.#push({ tid, made, attempts: 0, find });
  }

  #devicesSeen(tid: Tid): Set<string> {
    const list = this.#view.open(`/proc/${tid}/mountinfo`, 0);
    if (list < 0) return new Set();
    const devices = devicesOf(mountLines(list));
    this.#view.close(list);
    return devices;
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

  /** Are mounts pending? */
  get any(): boolean {
    return this.#pending.length > 0;
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

  #found({ device, descriptor, isOld }: Found, { tid, made: { type, labels, root: xattrs, layers } }: Pending): void {
    const attached = descriptor === undefined;
    if (!attached) this.#files.expectDetached(device, type);
    const isKept = !isOld && hasRoot({ root: xattrs }) && (attached || this.#detached.size < MOST_DETACHED);
    const root = isKept ? { type, xattrs } : undefined;
    if (Object.keys(labels).length === 0 && root === undefined && layers === undefined) return;
    if (layers !== undefined) this.#ask({ kind: 'maker-note', tid, object: mounterOf(device), from: layers.noted });
    const made = { labels, attached, ...(root && { root }), ...(layers && { layers: layers.layers }) };
    this.#ask({ kind: 'mount-labels', device, ...made });
    if (descriptor !== undefined) this.#detached.set(device, { tid, descriptor });
  }

  #push(entry: Pending): void {
    if (this.#pending.length === LIMIT) this.#pending.shift()?.close?.();
    this.#pending.push(entry);
  }
}

/** Does it have attributes by who mounts it? */
export function hasRoot({ root }: Pick<NewSuperblock, 'root'>): boolean {
  return Object.keys(root).length > 0;
}

const devicesOf = (mounts: readonly MountEntry[]): Set<string> => new Set(mounts.map(({ device }) => device));

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
