/**
 * The process tree as /proc shows it now. Not a history: after its parent's end a process shows another one.
 */

import { existsSync, readdirSync } from 'node:fs';
import { fileText } from '../../host/files/file-text.ts';
import { processFile, processLink } from '../../host/process/process-files.ts';
import { STAT, statField } from '../../host/procfs/stat.ts';
import { statusField, statusNumbers } from '../../host/procfs/status.ts';
import { type Tgid, type Tid, tgidOf, tidOf } from '../../linux/ids.ts';

export interface ProcessPlace {
  readonly pid: Tgid;
  readonly parent: Tgid;
}

const NUMBER = /^[0-9]+$/;

export function threadsOf(pid: Tgid): Tid[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((name) => tidOf(Number(name)));
  } catch {
    return [];
  }
}

/** Every process of our pid namespace. */
export function processIds(): Tgid[] {
  return readdirSync('/proc')
    .filter((name) => NUMBER.test(name))
    .map((name) => tgidOf(Number(name)));
}

/** The same, each with its present parent. */
export function allProcesses(): ProcessPlace[] {
  return processIds().flatMap((pid) => {
    const parent = parentOf(pid);
    return parent === undefined ? [] : [{ pid, parent }];
  });
}

export function parentOf(pid: Tgid): Tgid | undefined {
  const [parent] = statusNumbers(fileText(`/proc/${pid}/status`) ?? '', 'PPid');
  return parent === undefined ? undefined : tgidOf(parent);
}

/** Start time in clock ticks since boot: together with the id it identifies a process. `undefined` also while that cannot be told. */
export function startTimeOf(pid: Tgid): string | undefined {
  return statField(processFile(pid, 'stat') ?? '', STAT.startTime);
}

/** Direct children of all threads of a process (needs CONFIG_PROC_CHILDREN). */
export function childrenOf(pid: Tgid): Tgid[] {
  return threadsOf(pid).flatMap((tid) =>
    (fileText(`/proc/${pid}/task/${tid}/children`) ?? '')
      .split(' ')
      .filter(Boolean)
      .map((name) => tgidOf(Number(name))),
  );
}

export function processOf(tid: Tid): Tgid | undefined {
  const [tgid] = statusNumbers(fileText(`/proc/${tid}/status`) ?? '', 'Tgid');
  return tgid === undefined ? undefined : tgidOf(tgid);
}

/** Is it a thread of this program? */
export function isOurs(tid: Tid): boolean {
  return existsSync(`/proc/self/task/${tid}`);
}

const SECCOMP_MODE_FILTER = '2';

export function isFiltered(pid: Tgid): boolean {
  return statusField(fileText(`/proc/${pid}/status`) ?? '', 'Seccomp') === SECCOMP_MODE_FILTER;
}

/** How many filters a process is under (since Linux 5.9); 0 also when it has ended. */
export function filtersOf(pid: Tgid): number {
  return statusNumbers(fileText(`/proc/${pid}/status`) ?? '', 'Seccomp_filters')[0] ?? 0;
}

/** Path of the program a process runs, in its own mount namespace. `undefined` also while that cannot be told. */
export function programOf(pid: Tgid): string | undefined {
  return processLink(pid, 'exe');
}
