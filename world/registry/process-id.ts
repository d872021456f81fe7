/**
 * Identifies a process by its pid and its start time.
 *
 * A pid alone is reused. The start time is field 22 of /proc/<pid>/stat, in clock ticks since boot (Documentation/filesystems/proc.rst).
 */
import { lookOnce, type ProcessFiles } from '../../host/process/process-files.ts';
import { STAT, statField } from '../../host/procfs/stat.ts';
import { type Tgid, tgidOf } from '../../linux/ids.ts';

export interface ProcessId {
  readonly pid: Tgid;
  readonly startTime: number;
}

/** The start time in the text of /proc/<pid>/stat. */
export function parseStartTime(stat: string): number | undefined {
  const value = Number(statField(stat, STAT.startTime));
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** A zombie counts as ended. */
export function parseIsZombie(stat: string): boolean {
  return /^[ZX]/.test(statField(stat, STAT.state) ?? '');
}

/** The process that has this pid now; `undefined` also while that cannot be told. */
export function identifyProcess(pid: Tgid, files: ProcessFiles): ProcessId | undefined {
  const startTime = parseStartTime(files.read(pid, 'stat') ?? '');
  return startTime === undefined ? undefined : { pid, startTime };
}

/** This process; start time 0 where /proc does not show it. */
export function ownProcess(): ProcessId {
  const pid = tgidOf(process.pid);
  return lookOnce((files) => identifyProcess(pid, files)) ?? { pid, startTime: 0 };
}

/** `false` also while that cannot be told: a process that somebody holds by his files is none of ours. @param files absent = asked once. */
export function isAlive(id: ProcessId, files?: ProcessFiles): boolean {
  if (files === undefined) return lookOnce((once) => isAlive(id, once));
  const stat = files.read(id.pid, 'stat');
  return stat !== undefined && parseStartTime(stat) === id.startTime && !parseIsZombie(stat);
}
