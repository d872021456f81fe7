/** Mounts that a world made, as seen in /proc/<pid>/mountinfo: anything whose type, source or place names lsmfs. */
import { readlinkSync } from 'node:fs';
import { readProc } from './processes.ts';

const OURS = /lsmfs/;

/** mountinfo: `id parent major:minor root place options [tags...] - type source superoptions`. */
export function ourMountLines(mountinfo: string): string[] {
  return mountinfo.split('\n').filter((line) => {
    const [left, right] = line.split(' - ');
    const place = left?.split(' ')[4] ?? '';
    const [type, source] = right?.split(' ') ?? [];
    return OURS.test(type ?? '') || OURS.test(source ?? '') || OURS.test(place);
  });
}

function mountNamespace(pid: number | 'self'): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return `unreadable:${pid}`;
  }
}

/** Our mounts in the mount namespaces of these processes and of this one; each namespace is looked at once. */
export function leftoverMounts(pids: readonly number[]): string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  for (const pid of ['self', ...pids] as const) {
    const namespace = mountNamespace(pid);
    if (seen.has(namespace)) continue;
    seen.add(namespace);
    for (const line of ourMountLines(readProc(`/proc/${pid}/mountinfo`) ?? '')) found.push(`${namespace}: ${line}`);
  }
  return found;
}
