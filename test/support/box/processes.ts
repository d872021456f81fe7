/**
 * Which processes belong to a box: those that carry its marker in their environment, share its session or process group, or descend
 * from one that does. Several signs, because each of them gets lost (a cleared environment, setsid, a parent that died).
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly state: string;
  readonly name: string;
}

export interface BoxIdentity {
  /** Value of LSMFS_BOX in the environment of everything started in the box. */
  readonly id: string;
  /** The command itself: leader of the box's session and process group. */
  readonly leader: number;
}

export const MARKER = 'LSMFS_BOX';

/** Reads a /proc file; undefined when the process is gone or hides it. */
export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** One line of /proc/<pid>/stat; the name is in parentheses and may itself contain spaces and parentheses. */
export function parseStat(text: string): ProcessInfo | undefined {
  const match = /^(\d+) \((.*)\) (\S) (-?\d+) (-?\d+) (-?\d+) /s.exec(text);
  if (match === null) return undefined;
  const [, pid, name, state, parent, group, session] = match;
  return {
    pid: Number(pid),
    name: name ?? '',
    state: state ?? '?',
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
  };
}

export function allProcesses(): ProcessInfo[] {
  const found: ProcessInfo[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const info = parseStat(readProc(`/proc/${name}/stat`) ?? '');
    if (info !== undefined) found.push(info);
  }
  return found;
}

function carriesMarker(pid: number, id: string): boolean {
  const environment = readProc(`/proc/${pid}/environ`);
  return environment?.split('\0').includes(`${MARKER}=${id}`) ?? false;
}

/** The living members of a box (zombies are dead, the test process and its ancestors are never members). */
export function boxMembers(box: BoxIdentity, processes: readonly ProcessInfo[] = allProcesses()): ProcessInfo[] {
  const byPid = new Map(processes.map((info) => [info.pid, info]));
  const outside = new Set<number>();
  for (let pid = process.pid; pid > 0 && !outside.has(pid); pid = byPid.get(pid)?.parent ?? 0) outside.add(pid);

  const members = new Map<number, ProcessInfo>();
  for (const info of processes) {
    if (outside.has(info.pid)) continue;
    const marked = info.group === box.leader || info.session === box.leader || carriesMarker(info.pid, box.id);
    if (marked) members.set(info.pid, info);
  }
  // Children of members, until nothing is added.
  for (let size = -1; size !== members.size; ) {
    size = members.size;
    for (const info of processes) {
      if (members.has(info.parent) && !outside.has(info.pid)) members.set(info.pid, info);
    }
  }
  return [...members.values()].filter((info) => info.state !== 'Z' && info.state !== 'X');
}
