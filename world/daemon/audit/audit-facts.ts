/**
 * A process as audit records show it, from /proc. It waits for our answer, so nothing changes meanwhile.
 */

import { fileText } from '../../../host/files/file-text.ts';
import { processFile, processLink } from '../../../host/process/process-files.ts';
import { terminalName } from '../../../host/procfs/stat.ts';
import { innermostNumber } from '../../../host/procfs/status.ts';
import type { Tid } from '../../../linux/ids.ts';
import { auditLabel } from '../../../lsm/framework/audit/label.ts';
import type { RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import type { ProcFacts } from '../facts/process-facts.ts';

const TITLE_MAX = 128;

/** What a process keeps as long as it executes no other program. */
export type ProgramFacts = Pick<RecordSubject, 'exe' | 'title'>;

/** @param program absent = it is to be read. @returns `undefined` when it is gone. */
export function auditSubject(
  stack: Stack,
  facts: ProcFacts,
  task: Task,
  program?: ProgramFacts,
): RecordSubject | undefined {
  const { tid } = task;
  const status = facts.status(tid);
  const stat = processFile(tid, 'stat') ?? '';
  if (status === undefined) return undefined;
  const { loginuid, sessionid, container } = stack.audit.stateOf(task);
  const { exe, title } = program ?? programOf(tid);
  const label = auditLabel(stack.hooks, task);
  return {
    task,
    pid: status.tgid,
    ppid: status.parent,
    uids: status.uids,
    gids: status.gids,
    tty: terminalName(stat),
    comm: status.comm,
    ...(exe !== undefined && { exe }),
    title,
    loginuid,
    sessionid,
    ...label,
    ...(container !== undefined && { container }),
  };
}

function programOf(tid: Tid): ProgramFacts {
  const exe = processLink(tid, 'exe');
  const title = (processFile(tid, 'cmdline') ?? '').slice(0, TITLE_MAX);
  return { title, ...(exe !== undefined && { exe }) };
}

/** The daemon's own pid namespace counts as the initial one. */
export function inOwnPidNamespace(tid: Tid): boolean {
  return processLink(tid, 'ns/pid') === processLink(process.pid, 'ns/pid');
}

/** Process number in its own pid namespace. */
export function ownPid(tid: Tid): number | undefined {
  return innermostNumber(fileText(`/proc/${tid}/status`) ?? '', 'NStgid');
}

/** Facts of a process that is exiting: it has no /proc/PID/exe any more when its files are closed. */
export function present(subject: RecordSubject): RecordSubject {
  const { exe: _exe, ...rest } = subject;
  const exe = processLink(subject.pid, 'exe');
  return exe === undefined ? rest : { ...rest, exe };
}
