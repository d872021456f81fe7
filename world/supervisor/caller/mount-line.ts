/**
 * One mount of a process: its line in /proc/<tid>/mountinfo (proc_pid_mountinfo(5)).
 *
 * Mounts of the world are recognised by their source. A served superblock is reported with the type that it emulates; any other mount of
 * ours only makes room for mount points, and the mount that it covers is reported instead.
 */
import { readFileSync } from 'node:fs';
import { decodeName, mountLinesById, parseMountLine } from '../../../host/procfs/mount-info.ts';
import type { Tid } from '../../../linux/ids.ts';
import { MOUNT_SOURCE_PREFIX } from '../../registry/source.ts';

export interface MountLine {
  readonly type: string;
  /** The kernel's name for the superblock: the block device, else the type. */
  readonly id: string;
  /** The directory of the filesystem that is mounted (`root`). */
  readonly root: string;
  /** Mount point, as the process sees it. */
  readonly mountPoint: string;
}

/** @param tid `thread-self` = of the calling thread. */
export function mountLine(tid: Tid | 'thread-self', mountId: number): MountLine | undefined {
  try {
    return findMountLine(readFileSync(`/proc/${tid}/mountinfo`, 'latin1'), mountId);
  } catch {
    return undefined; // it is gone
  }
}

export function findMountLine(mountinfo: string, mountId: number): MountLine | undefined {
  return lineOf(mountLinesById(mountinfo), mountId);
}

const EMULATED = 'fuse.';

function lineOf(lines: Map<number, string>, mountId: number): MountLine | undefined {
  const entry = parseMountLine(lines.get(mountId) ?? '');
  if (entry === undefined) return undefined;
  lines.delete(mountId); // a parent is another mount
  const [root, mountPoint] = [decodeName(entry.root), decodeName(entry.mountPoint)];
  const [type, source] = [decodeName(entry.type), decodeName(entry.source)];
  if (source.startsWith(MOUNT_SOURCE_PREFIX)) {
    const own = type.slice(EMULATED.length);
    if (type.startsWith(EMULATED)) return { type: own, id: own, root, mountPoint };
    const covered = lineOf(lines, entry.parent);
    if (covered !== undefined) return { ...covered, root: pathInFilesystem(covered, mountPoint), mountPoint };
  }
  const id = source.startsWith('/dev/') ? source.slice(source.lastIndexOf('/') + 1) : type;
  return { type, id, root, mountPoint };
}

/** @param path from the root of the process' mount namespace; a process below another root sees a shorter mount point. */
export function pathInFilesystem({ root, mountPoint }: MountLine, path: string): string {
  const point = mountPoint === '/' ? '' : mountPoint;
  const at = path === point || path.startsWith(`${point}/`) ? 0 : path.indexOf(`${point}/`);
  const below = at < 0 ? '' : path.slice(at + point.length);
  return `${root === '/' ? '' : root}${below === '/' ? '' : below}` || '/';
}
