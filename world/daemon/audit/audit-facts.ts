/**
 * A process as audit records show it, from /proc. It waits for our answer, so nothing changes meanwhile.
 */

import { readlinkSync } from 'node:fs';
import { fileText } from '../../../host/files/file-text.ts';
import { STAT, statField } from '../../../host/procfs/stat.ts';
import { innermostNumber } from '../../../host/procfs/status.ts';
import { TTY_MAJOR, UNIX98_PTY_SLAVE_MAJOR, UNIX98_PTY_SLAVE_MAJOR_LAST } from '../../../linux/devices.ts';
import { type Tid, tgidOf } from '../../../linux/ids.ts';
import { auditLabel } from '../../../lsm/framework/audit/label.ts';
import type { RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import type { MemoryFiles } from '../../supervisor/caller/memory-files.ts';
import type { ProcFacts } from '../facts/process-facts.ts';

const TITLE_MAX = 128;

/** `undefined` when it is gone. */
export function auditSubject(
  stack: Stack,
  facts: ProcFacts,
  memory: MemoryFiles,
  task: Task,
): RecordSubject | undefined {
  const { tid } = task;
  const status = facts.status(tid);
  const stat = fileText(`/proc/${tid}/stat`);
  if (status === undefined || stat === undefined) return undefined;
  const { loginuid, sessionid, container } = stack.audit.stateOf(task);
  const exe = link(`/proc/${tid}/exe`);
  const label = auditLabel(stack.hooks, task);
  return {
    pid: status.tgid,
    ppid: tgidOf(Number(statField(stat, STAT.parent) ?? 0)),
    uids: status.uids,
    gids: status.gids,
    tty: terminal(Number(statField(stat, STAT.terminal) ?? 0)),
    comm: status.comm,
    ...(exe !== undefined && { exe }),
    title: (memory.read(tid, 'cmdline') ?? '').slice(0, TITLE_MAX),
    loginuid,
    sessionid,
    ...label,
    ...(container !== undefined && { container }),
  };
}

/** tty_name() of a device number as in /proc/PID/stat: minor in bits 31-20 and 7-0, major in 15-8. */
function terminal(device: number): string {
  const major = (device >>> 8) & 0xff;
  const minor = ((device >>> 12) & 0xfff00) | (device & 0xff);
  if (device === 0) return '(none)';
  if (major >= UNIX98_PTY_SLAVE_MAJOR && major <= UNIX98_PTY_SLAVE_MAJOR_LAST) {
    return `pts${(major - UNIX98_PTY_SLAVE_MAJOR) * 256 + minor}`;
  }
  if (major === TTY_MAJOR) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return '(none)';
}

function link(path: string): string | undefined {
  try {
    return readlinkSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** The daemon's own pid namespace counts as the initial one. */
export function inOwnPidNamespace(tid: Tid): boolean {
  return link(`/proc/${tid}/ns/pid`) === link('/proc/self/ns/pid');
}

/** Process number in its own pid namespace. */
export function ownPid(tid: Tid): number | undefined {
  return innermostNumber(fileText(`/proc/${tid}/status`) ?? '', 'NStgid');
}

/** Facts of a process that is exiting: it has no /proc/PID/exe any more when its files are closed. */
export function present(subject: RecordSubject): RecordSubject {
  const { exe: _exe, ...rest } = subject;
  const exe = link(`/proc/${subject.pid}/exe`);
  return exe === undefined ? rest : { ...rest, exe };
}
