/**
 * Mounts of other processes, one list for each mount namespace.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type MountEntry, parseMountInfo } from '../procfs/mount-info.ts';

function tryRead(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

export function mountsOf(pid: number | 'self'): MountEntry[] {
  return parseMountInfo(tryRead(() => readFileSync(`/proc/${pid}/mountinfo`, 'utf8')));
}

export interface NamespaceView {
  /** A process in it, from whose root the mounts are listed. */
  readonly pid: number;
  readonly mounts: readonly MountEntry[];
}

/** Every mount namespace in which there is such a mount. `except`: a process that does not count. */
export function namespacesWith(isMeant: (mount: MountEntry) => boolean, except?: number): NamespaceView[] {
  const pids = new Map<string, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === except) continue;
    const namespace = tryRead(() => readlinkSync(`/proc/${name}/ns/mnt`));
    if (namespace !== '' && !pids.has(namespace)) pids.set(namespace, Number(name));
  }
  return [...pids.values()].map((pid) => ({ pid, mounts: mountsOf(pid) })).filter(({ mounts }) => mounts.some(isMeant));
}
