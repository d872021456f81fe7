/**
 * SYSCALL records of calls that are decided in the daemon while the caller waits.
 *
 * The number and the arguments are those of /proc/PID/syscall, which is read only if there is something to be recorded.
 */

import { processFile } from '../../../host/process/process-files.ts';
import { UNSET } from '../../../linux/audit.ts';
import { type Tid, tgidOf } from '../../../linux/ids.ts';
import { auditArch } from '../../../linux/syscall-numbers.ts';
import type { AuditCall } from '../../../lsm/framework/audit/audit.ts';
import type { RecordSubject } from '../../../lsm/framework/audit/subject.ts';
import type { Task } from '../../../lsm/framework/task.ts';
import type { Stack } from '../../../lsm/library/index.ts';
import type { ProgramFacts } from './audit-facts.ts';

const ARGUMENTS = 4;

export interface AuditCallsHost {
  readonly stack: Stack;
  /** {@link auditSubject} */
  subject(task: Task, program?: ProgramFacts): RecordSubject | undefined;
  /** Also of one that is gone. */
  label(task: Task): Pick<RecordSubject, 'label' | 'contexts'> | undefined;
}

/**
 * Records that are made in `work` belong to the call in which the thread waits.
 * @param exit what the call returns; `undefined` = that is not known, because the host's kernel goes on with it.
 */
export function duringCall<T>(
  { stack, subject }: AuditCallsHost,
  tid: Tid,
  work: () => T,
  exit: (result: T) => number | undefined,
): T {
  const { audit } = stack;
  const task = stack.tasks.find(tid);
  if (task === undefined || !audit.isEnabledFor(audit.stateOf(task).container)) return work();
  return audit.during(task, new WaitingCall(task, () => subject(task) ?? killed(task)), work, exit);
}

/** The facts of a task that has ended. */
function killed(task: Task): RecordSubject {
  const ids = [0, 0, 0, 0];
  return {
    pid: task.process.tgid,
    ppid: tgidOf(0),
    uids: ids,
    gids: ids,
    tty: '(none)',
    comm: '',
    title: '',
    loginuid: UNSET,
    sessionid: UNSET,
  };
}

class WaitingCall implements AuditCall {
  readonly arch = auditArch(process.arch);
  readonly subject: () => RecordSubject;
  readonly #tid: Tid;
  #call: { readonly number: number; readonly args: readonly bigint[] } | undefined;

  constructor(task: Task, subject: () => RecordSubject) {
    this.#tid = task.tid;
    this.subject = subject;
  }

  get number(): number {
    return this.#get().number;
  }

  get args(): readonly bigint[] {
    return this.#get().args;
  }

  #get() {
    this.#call ??= presentCall(processFile(this.#tid, 'syscall'));
    return this.#call;
  }
}

/** @param text of /proc/PID/syscall */
function presentCall(text: string | undefined): { readonly number: number; readonly args: readonly bigint[] } {
  if (text === undefined) return { number: 0, args: [0n, 0n, 0n, 0n] };
  const [number = '0', ...args] = text.split(' ');
  return { number: Number(number) || 0, args: args.slice(0, ARGUMENTS).map(BigInt) };
}
