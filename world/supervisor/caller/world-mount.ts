/**
 * One mount of a process as the world's kernel knows it, from its line in /proc/<tid>/mountinfo (host/procfs/mount-info.ts).
 *
 * Our own mounts are recognised by their source. A superblock that we serve has the type that it emulates; any other mount of
 * ours only makes room for mount points, and stands for the mount that it covers.
 */
import { readFileSync } from 'node:fs';
import { decodeName, mountLinesById, parseMountInfo, parseMountLine } from '../../../host/procfs/mount-info.ts';
import type { Tid } from '../../../linux/ids.ts';
import { MOUNT_SOURCE_PREFIX } from '../../registry/source.ts';

/** Names are decoded. */
export interface WorldMount {
  readonly type: string;
  /** The kernel's name for the superblock: the block device, else the type. */
  readonly id: string;
  /** The directory of the filesystem that is mounted (`root`). */
  readonly root: string;
  /** Mount point, as the process sees it. */
  readonly mountPoint: string;
}

/** @param tid `thread-self` = of the calling thread. */
export function worldMount(tid: Tid | 'thread-self', mountId: number): WorldMount | undefined {
  try {
    return findWorldMount(readFileSync(`/proc/${tid}/mountinfo`, 'latin1'), mountId);
  } catch {
    return undefined; // it is gone
  }
}

export function findWorldMount(mountinfo: string, mountId: number): WorldMount | undefined {
  return new WorldMounts(mountinfo).find(mountId);
}

/** The mounts of a process, for who asks about several of them. */
export class WorldMounts {
  readonly #lines: ReadonlyMap<number, string>;
  readonly #found = new Map<number, WorldMount | undefined>();

  constructor(mountinfo: string) {
    this.#lines = mountLinesById(mountinfo);
  }

  find(mountId: number): WorldMount | undefined {
    if (!this.#found.has(mountId)) this.#found.set(mountId, mountOf(new Map(this.#lines), mountId));
    return this.#found.get(mountId);
  }
}

/** Any mount of the filesystem on this device (`major:minor`). */
export function worldMountOfDevice(mountinfo: string, device: string): WorldMount | undefined {
  const mount = parseMountInfo(mountinfo).find((entry) => entry.device === device);
  return mount && findWorldMount(mountinfo, mount.id);
}

/** Any mount of a filesystem of this type, with its device (`major:minor`). */
export function worldMountOfType(mountinfo: string, type: string): (WorldMount & { device: string }) | undefined {
  const mount = parseMountInfo(mountinfo).find((entry) => entry.type === type);
  const found = mount && findWorldMount(mountinfo, mount.id);
  return found && { ...found, device: mount.device };
}

const EMULATED = 'fuse.';

function mountOf(lines: Map<number, string>, mountId: number): WorldMount | undefined {
  const entry = parseMountLine(lines.get(mountId) ?? '');
  if (entry === undefined) return undefined;
  lines.delete(mountId); // a parent is another mount
  const [root, mountPoint] = [decodeName(entry.root), decodeName(entry.mountPoint)];
  const [type, source] = [decodeName(entry.type), decodeName(entry.source)];
  if (source.startsWith(MOUNT_SOURCE_PREFIX)) {
    const own = type.slice(EMULATED.length);
    if (type.startsWith(EMULATED)) return { type: own, id: own, root, mountPoint };
    const covered = mountOf(lines, entry.parent);
    if (covered !== undefined) return { ...covered, root: pathInFilesystem(covered, mountPoint), mountPoint };
  }
  const id = source.startsWith('/dev/') ? source.slice(source.lastIndexOf('/') + 1) : type;
  return { type, id, root, mountPoint };
}

/** @param path from the root of the process' mount namespace; a process below another root sees a shorter mount point. */
export function pathInFilesystem({ root, mountPoint }: WorldMount, path: string): string {
  const point = mountPoint === '/' ? '' : mountPoint;
  const at = path === point || path.startsWith(`${point}/`) ? 0 : path.indexOf(`${point}/`);
  const below = at < 0 ? '' : path.slice(at + point.length);
  return `${root === '/' ? '' : root}${below === '/' ? '' : below}` || '/';
}
