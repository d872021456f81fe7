/**
 * One mount of a process: its line in /proc/<tid>/mountinfo (proc_pid_mountinfo(5)).
 */
import { readFileSync } from 'node:fs';

export interface MountLine {
  readonly type: string;
  /** The kernel's name for the superblock: the block device, else the type. */
  readonly id: string;
  /** What of the filesystem is mounted. */
  readonly root: string;
  /** Where, as the process sees it. */
  readonly mountPoint: string;
}

export function mountLine(tid: number, mountId: number): MountLine | undefined {
  try {
    return findMountLine(readFileSync(`/proc/${tid}/mountinfo`, 'latin1'), mountId);
  } catch {
    return undefined; // it is gone
  }
}

export function findMountLine(mountinfo: string, mountId: number): MountLine | undefined {
  for (const line of mountinfo.split('\n')) {
    if (!line.startsWith(`${mountId} `)) continue;
    const [mount = '', filesystem = ''] = line.split(' - ');
    const [, , , root = '/', mountPoint = '/'] = mount.split(' ');
    const [type = '', source = ''] = filesystem.split(' ');
    const id = source.startsWith('/dev/') ? source.slice(source.lastIndexOf('/') + 1) : type;
    return { type, id: decodeOctal(id), root: decodeOctal(root), mountPoint: decodeOctal(mountPoint) };
  }
  return undefined;
}

/** @param path from the root of the process' mount namespace; a process below another root sees a shorter mount point. */
export function pathInFilesystem({ root, mountPoint }: MountLine, path: string): string {
  const point = mountPoint === '/' ? '' : mountPoint;
  const at = path === point || path.startsWith(`${point}/`) ? 0 : path.indexOf(`${point}/`);
  const below = at < 0 ? '' : path.slice(at + point.length);
  return `${root === '/' ? '' : root}${below === '/' ? '' : below}` || '/';
}

/** Space, tab, newline and backslash are `\040` and so on. */
function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
