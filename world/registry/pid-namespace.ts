/**
 * Translates process ids between pid namespaces.
 *
 * The daemon uses the ids of its own pid namespace; in a container they differ. An id is sent together with its namespace, the text of the
 * link /proc/PID/ns/pid. NSpid in /proc/PID/status lists a process's ids, that of its own namespace last
 * (Documentation/filesystems/proc.rst).
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { processLink } from '../../host/process/process-files.ts';
import { innermostNumber } from '../../host/procfs/status.ts';
import { type Tgid, tgidOf } from '../../linux/ids.ts';

export interface ProcessNumber {
  readonly pid: number;
  /** Absent = that of the daemon. */
  readonly pidNamespace?: string;
}

/** A process by its id in our pid namespace. */
export function numbered(pid: number): ProcessNumber {
  const pidNamespace = ownNamespace();
  return { pid, ...(pidNamespace && { pidNamespace }) };
}

/** Its id in our pid namespace; `undefined` when there is no such process. */
export function ourNumber({ pid, pidNamespace }: ProcessNumber): Tgid | undefined {
  if (pidNamespace === undefined || pidNamespace === ownNamespace()) return tgidOf(pid);
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map((name) => tgidOf(Number(name)))
    .find((candidate) => lastNumber(candidate) === pid && processLink(candidate, 'ns/pid') === pidNamespace);
}

function lastNumber(pid: number): number {
  try {
    return innermostNumber(readFileSync(`/proc/${pid}/status`, 'latin1'), 'NSpid') ?? Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function ownNamespace(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}
