/**
 * Process numbers of different pid namespaces.
 *
 * The daemon knows processes by the numbers of its own pid namespace; in a container they have others. A number is told together with the
 * namespace it is of, by the name that /proc/PID/ns/pid links to. NSpid in /proc/PID/status lists a process's numbers, its own
 * namespace's last (Documentation/filesystems/proc.rst).
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { innermostNumber } from '../../host/procfs/status.ts';

const OWN = '/proc/self/ns/pid';

export interface ProcessNumber {
  readonly pid: number;
  /** Absent = that of whoever is asked. */
  readonly pidNamespace?: string;
}

/** A process by the number that kill(2) takes from us. */
export function numbered(pid: number): ProcessNumber {
  const pidNamespace = readLink(OWN);
  return { pid, ...(pidNamespace && { pidNamespace }) };
}

/** The number that we have for it; `undefined` when there is no such process. */
export function ourNumber({ pid, pidNamespace }: ProcessNumber): number | undefined {
  if (pidNamespace === undefined || pidNamespace === readLink(OWN)) return pid;
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && readLink(`/proc/${name}/ns/pid`) === pidNamespace)
    .map(Number)
    .find((candidate) => lastNumber(candidate) === pid);
}

function lastNumber(pid: number): number {
  try {
    return innermostNumber(readFileSync(`/proc/${pid}/status`, 'latin1'), 'NSpid') ?? Number.NaN;
  } catch {
    return Number.NaN;
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
