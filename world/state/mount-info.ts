/**
 * Mounts of other processes, read from /proc/<pid>/mountinfo.
 *
 * Format (proc_pid_mountinfo(5)): `id parent major:minor root mountpoint options optional... - type source super-options`; blanks, tabs,
 * newlines and backslashes in names are octal escapes.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface MountLine {
  readonly mountPoint: string;
  readonly type: string;
  readonly source: string;
}

const decodeName = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));

/** Lines that do not have the form are left out. */
export function parseMountInfo(text: string): MountLine[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ');
    const mountPoint = before?.split(' ')[4];
    const [type, source] = after?.split(' ') ?? [];
    if (mountPoint === undefined || type === undefined || source === undefined) return [];
    return [{ mountPoint: decodeName(mountPoint), type, source: decodeName(source) }];
  });
}

function tryRead(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

export interface NamespaceView {
  /** As readlink(2) of /proc/<pid>/ns/mnt shows it. */
  readonly namespace: string;
  /** Processes in it, ascending. */
  readonly pids: readonly number[];
  readonly mounts: readonly MountLine[];
}

/** Every mount namespace in which a mount has `source`. `except`: a process that does not count. */
export function namespacesWithSource(source: string, except?: number): NamespaceView[] {
  const pids = new Map<string, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === except) continue;
    const namespace = tryRead(() => readlinkSync(`/proc/${name}/ns/mnt`));
    if (namespace !== '') pids.set(namespace, [...(pids.get(namespace) ?? []), Number(name)]);
  }
  return [...pids].flatMap(([namespace, members]) => {
    const text = tryRead(() => readFileSync(`/proc/${members[0]}/mountinfo`, 'utf8'));
    const mounts = parseMountInfo(text).filter((mount) => mount.source === source);
    return mounts.length === 0 ? [] : [{ namespace, pids: members, mounts }];
  });
}
