/**
 * Mounts of other processes, one list for each mount namespace.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { followProcessLink } from '../../host/process/process-files.ts';
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

/** Every mount namespace with such a mount. `except`: a process whose namespace is ignored, whoever else is in it. */
export function namespacesWith(isMeant: (mount: MountEntry) => boolean, except?: number): NamespaceView[] {
  const views: NamespaceView[] = [];
  visitNamespacesWith(isMeant, (view) => views.push(view) > 0, except);
  return views;
}

/**
 * The same, one by one as they are found.
 * @param visit - returns false when that process has ended meanwhile: then the next one of its namespace is tried.
 */
export function visitNamespacesWith(
  isMeant: (mount: MountEntry) => boolean,
  visit: (view: NamespaceView) => boolean,
  except?: number,
): void {
  const visited = new Set<string>();
  const ignored = except === undefined ? undefined : followProcessLink(except, 'ns/mnt');
  if (typeof ignored === 'string') visited.add(ignored);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === except) continue;
    const namespace = followProcessLink(Number(name), 'ns/mnt');
    // One that is held may be the only one of its namespace.
    const known = typeof namespace === 'string';
    if (!known || visited.has(namespace)) continue;
    const mounts = mountsOf(Number(name));
    // A process that is exiting has an empty mountinfo: another one of its namespace will do.
    if (mounts.length === 0) continue;
    if ((!mounts.some(isMeant) || visit({ pid: Number(name), mounts })) && known) visited.add(namespace);
  }
}
