/**
 * Mounts of other processes, one list for each mount namespace.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type MountEntry, parseMountInfo } from '../../host/procfs/mount-info.ts';

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
  const views = new Map<string, NamespaceView>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === except) continue;
    const namespace = tryRead(() => readlinkSync(`/proc/${name}/ns/mnt`));
    if (namespace === '' || views.has(namespace)) continue;
    const mounts = mountsOf(Number(name));
    // Who ends just now shows none; then another one of its namespace is asked.
    if (mounts.length > 0) views.set(namespace, { pid: Number(name), mounts });
  }
  return [...views.values()].filter(({ mounts }) => mounts.some(isMeant));
}
