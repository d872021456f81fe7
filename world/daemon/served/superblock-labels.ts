/**
 * State that a kernel keeps with a superblock in memory: its label options, the label of its root, and labels of files that the
 * filesystem cannot store. On a host whose kernel runs the same module, the labels of all files are kept here
 * (supervisor/labels/label-store.ts).
 *
 * The key is the device number, which the host's kernel reuses when the superblock has ended. So before each new mount the state of all
 * superblocks is dropped that are not mounted in any mount namespace of the world.
 */
import { readFileSync } from 'node:fs';
import { processLink } from '../../../host/process/process-files.ts';
import { parseMountInfo } from '../../../host/procfs/mount-info.ts';
import type { InodeFacts, MountLabels } from '../../../lsm/framework/files/inode.ts';
import type { LayeredMount } from '../../../lsm/framework/files/layers.ts';
import type { MountedSuperblock } from '../../supervisor/protocol/backend.ts';

/** The identity of a file. */
type Named = Pick<InodeFacts, 'filesystem' | 'ino'>;

interface Kept {
  readonly device: string;
  readonly type: string;
  readonly xattrs: Readonly<Record<string, string>>;
}

/** Limit of files with labels in memory, some 300 bytes each. */
const LIMIT = 131072;
/** Of the files of one filesystem one in so many makes room for others, so that looking for them is rare. */
const PARTS = 1024;
/** A type whose superblock belongs to the IPC namespace: it outlives its last mount, and so do its labels. */
const UNMOUNTED = 'mqueue';

export class KeptLabels {
  readonly #inUse: () => ReadonlySet<string>;
  readonly #changed: () => void;
  readonly #options = new Map<string, MountedSuperblock>();
  /** By device and inode number. */
  readonly #kept = new Map<string, Kept>();
  /** Files with kept attributes, by device. */
  readonly #counts = new Map<string, number>();

  /**
   * @param inUse devices (`major:minor`) that the world sees mounted.
   * @param changed called whenever a file may have become another for {@link complete}.
   */
  constructor(inUse: () => ReadonlySet<string>, changed: () => void) {
    this.#inUse = inUse;
    this.#changed = changed;
  }

  /** Adds label options of the mount and kept attributes to a file. */
  complete(inode: InodeFacts, device: string): InodeFacts {
    const { labels: given = {}, root } = this.#options.get(device) ?? {};
    const labels = Object.keys(given).length > 0 ? given : undefined;
    const kept = this.#kept.get(`${device} ${inode.ino}`);
    const { class: objectClass, filesystem, path, xattrs } = inode;
    const first = root?.type === filesystem.type && objectClass === 'dir' && path === '/' ? root.xattrs : undefined;
    if (labels === undefined && kept === undefined && first === undefined) return inode;
    return {
      ...inode,
      filesystem: labels === undefined ? filesystem : { ...filesystem, labels },
      xattrs: { ...first, ...xattrs, ...(kept?.type === filesystem.type && kept.xattrs) },
    };
  }

  /** Its kept attributes, name to value (latin-1). */
  kept({ filesystem, ino }: Named, device: string): Readonly<Record<string, string>> | undefined {
    const kept = this.#kept.get(`${device} ${ino}`);
    return kept?.type === filesystem.type ? kept.xattrs : undefined;
  }

  options(device: string): MountLabels {
    return this.#options.get(device)?.labels ?? {};
  }

  /** Of a filesystem that was mounted in the world. */
  layers(device: string): LayeredMount | undefined {
    return this.#options.get(device)?.layers;
  }

  mounted(device: string, made: MountedSuperblock): void {
    this.#changed();
    this.#options.set(device, made);
  }

  attached(device: string): void {
    const options = this.#options.get(device);
    if (options !== undefined) this.#options.set(device, { ...options, attached: true });
  }

  /** An attribute that is not stored with the file. @param value latin-1 */
  keep({ filesystem, ino }: Named, device: string, name: string, value: string): void {
    const key = `${device} ${ino}`;
    const known = this.#kept.get(key);
    const xattrs = known?.type === filesystem.type ? known.xattrs : {};
    if (known === undefined && this.#kept.size >= LIMIT) this.#makeRoom();
    this.#changed();
    if (known === undefined) this.#counts.set(device, (this.#counts.get(device) ?? 0) + 1);
    this.#kept.set(key, { device, type: filesystem.type, xattrs: { ...xattrs, [name]: value } });
  }

  /** @returns whether it was kept. */
  drop({ filesystem, ino }: InodeFacts, device: string, name: string): boolean {
    const key = `${device} ${ino}`;
    const known = this.#kept.get(key);
    if (known?.type !== filesystem.type || known.xattrs[name] === undefined) return false;
    this.#changed();
    const { [name]: _dropped, ...xattrs } = known.xattrs;
    if (Object.keys(xattrs).length === 0) this.#delete(key);
    else this.#kept.set(key, { ...known, xattrs });
    return true;
  }

  /** Forgets the kept attributes: the inode number was reused. */
  forget({ ino }: InodeFacts, device: string): void {
    if (this.#delete(`${device} ${ino}`)) this.#changed();
  }

  /** Forgets the kept attributes of all files. */
  forgetAll(): void {
    this.#kept.clear();
    this.#counts.clear();
    this.#changed();
  }

  /** Devices with files whose attributes are kept. */
  keeping(): string[] {
    return [...this.#counts.keys()];
  }

  /** The oldest go of the filesystem that has most, a part of its files at once: who makes many crowds out nobody else. */
  #makeRoom(): void {
    const most = Math.max(...this.#counts.values());
    const [crowded] = [...this.#counts].find(([, count]) => count === most) ?? [];
    let left = Math.ceil(most / PARTS);
    for (const [key, { device }] of this.#kept) {
      if (device !== crowded) continue;
      this.#delete(key);
      left -= 1;
      if (left <= 0) return;
    }
  }

  #delete(key: string): boolean {
    const kept = this.#kept.get(key);
    if (kept === undefined) return false;
    const left = (this.#counts.get(kept.device) ?? 1) - 1;
    if (left > 0) this.#counts.set(kept.device, left);
    else this.#counts.delete(kept.device);
    return this.#kept.delete(key);
  }

  /** To be called before a superblock is made, which may reuse a device number. */
  forgetUnmounted(): void {
    if (this.#options.size + this.#kept.size === 0) return;
    this.#changed();
    const inUse = this.#inUse();
    for (const [device, { attached }] of this.#options) {
      if (attached && !inUse.has(device)) this.#options.delete(device);
    }
    for (const [key, { device, type }] of this.#kept) {
      if (type !== UNMOUNTED && !inUse.has(device)) this.#delete(key);
    }
  }
}

/** Devices mounted in the mount namespaces of these processes. */
export function mountedDevices(pids: Iterable<number>): Set<string> {
  const namespaces = new Set<string>();
  const devices = new Set<string>();
  for (const pid of pids) {
    try {
      const namespace = processLink(pid, 'ns/mnt');
      if (namespace !== undefined && namespaces.has(namespace)) continue;
      const mounts = parseMountInfo(readFileSync(`/proc/${pid}/mountinfo`, 'latin1'));
      // A process that is exiting has an empty mountinfo: another one of its namespace will do.
      if (mounts.length === 0) continue;
      if (namespace !== undefined) namespaces.add(namespace);
      for (const { device } of mounts) devices.add(device);
    } catch {
      // It ended meanwhile.
    }
  }
  return devices;
}
