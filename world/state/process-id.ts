/**
 * Naming a process for ever: its pid and the time it started.
 *
 * A pid alone is reused. The start time is field 22 of /proc/<pid>/stat, in clock ticks since boot (Documentation/filesystems/proc.rst).
 */
import { readFileSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  readonly startTime: number;
}

/** The start time in the text of /proc/<pid>/stat; the command name before it may contain blanks and parentheses. */
export function parseStartTime(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const value = Number(fields[19]);
  return stat.includes(')') && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** A zombie has ended as far as anyone here is concerned. */
export function parseIsZombie(stat: string): boolean {
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function readStat(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
}

/** The process that has this pid now. */
export function identifyProcess(pid: number): ProcessId | undefined {
  const startTime = parseStartTime(readStat(pid) ?? '');
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isAlive(id: ProcessId): boolean {
  const stat = readStat(id.pid);
  return stat !== undefined && parseStartTime(stat) === id.startTime && !parseIsZombie(stat);
}
