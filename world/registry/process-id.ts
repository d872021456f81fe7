/**
 * Identifies a process by its pid and its start time, or the number that its pid has in pidfs.
 *
 * A pid alone is reused. The start time is field 22 of /proc/<pid>/stat, in clock ticks since boot
 * (Documentation/filesystems/proc.rst); while an execve(2) of the process does not come to its end it cannot be read. The
 * inode of a pidfd is one that no other process since boot has had (fs/pidfs.c, Linux 6.9), and can be asked for at any time.
 */
import { closeSync, fstatSync, statfsSync } from 'node:fs';
import { fileText } from '../../host/files/file-text.ts';
import { openProcess } from '../../host/process/process.ts';
import { processFile } from '../../host/process/process-files.ts';
import { STAT, statField } from '../../host/procfs/stat.ts';
import { type Tgid, tgidOf } from '../../linux/ids.ts';
import { PID_FS_MAGIC } from '../../linux/magic.ts';

export interface ProcessId {
  readonly pid: Tgid;
  readonly startTime: number;
}

/** One that can also be recognised while its start time cannot be read. */
export interface TrackedProcess {
  readonly pid: Tgid;
  /** 0 = could not be read. */
  readonly startTime: number;
  /** In pidfs; absent before Linux 6.9. */
  readonly inode?: string | undefined;
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
export function identifyProcess(pid: Tgid): ProcessId | undefined {
  const startTime = parseStartTime(processFile(pid, 'stat') ?? '');
  return startTime === undefined ? undefined : { pid, startTime };
}

/** The same by all that can be told of it; `undefined` when nothing can. */
export function trackProcess(pid: Tgid): TrackedProcess | undefined {
  const inode = pidfsInode(pid);
  const known = identifyProcess(pid) ?? (inode === undefined ? undefined : { pid, startTime: 0 });
  return known && { ...known, inode };
}

function pidfsInode(pid: Tgid): string | undefined {
  const pidfd = openProcess(pid);
  if (pidfd < 0) return undefined;
  try {
    const isPidfs = statfsSync(`/proc/self/fd/${pidfd}`).type === PID_FS_MAGIC;
    return isPidfs ? String(fstatSync(pidfd, { bigint: true }).ino) : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(pidfd);
  }
}

/** This process; start time 0 where /proc does not show it. Who runs is not in execve(2), so nobody makes this wait. */
export function ownProcess(): ProcessId {
  const startTime = parseStartTime(fileText('/proc/self/stat') ?? '') ?? 0;
  return { pid: tgidOf(process.pid), startTime };
}

/**
 * `false` also while that cannot be told: of a process that somebody holds by his files, and whose inode is not known.
 */
export function isAlive(id: TrackedProcess): boolean {
  if (id.inode !== undefined)
    return pidfsInode(id.pid) === id.inode && !/^State:\t[ZX]/m.test(fileText(`/proc/${id.pid}/status`) ?? 'State:\tX');
  const stat = processFile(id.pid, 'stat');
  return stat !== undefined && parseStartTime(stat) === id.startTime && !parseIsZombie(stat);
}
