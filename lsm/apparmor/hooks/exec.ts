/**
 * Labels at execve(2): apparmor_bprm_creds_for_exec() and apparmor_bprm_committing_creds(), Linux 6.12.
 *
 * The same decision is made twice: before the system call, with its records, to say whether it may happen; and when it
 * has happened, to find what the task has become. In between nothing but the policy can change.
 */

import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { ActingTask } from '../../framework/audit/lsm-audit.ts';
import type { ExecFile } from '../../framework/events.ts';
import type { Task } from '../../framework/task.ts';
import { type ExecTransition, exec } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import { withoutTransition } from '../decide/task-labels.ts';
import type { Label } from '../policy/index.ts';
import { tracerAllows } from './ptrace.ts';

export interface ExecutionHost {
  readonly security: ApparmorSecurity;
  tracerOf(task: Task): Task | undefined;
  /** SIGKILL. */
  kill(task: Task): void;
}

export class ApparmorExec {
  readonly #host: ExecutionHost;
  readonly #security: ApparmorSecurity;

  constructor(host: ExecutionHost) {
    this.#host = host;
    this.#security = host.security;
  }

  /** EACCES or EPERM when execve(2) must fail, which in kill mode it does not survive. */
  refusal(task: Task, file: ExecFile, caller: Caller): Errno | undefined {
    const { error, kill } = this.#decide(task, file, caller);
    if (kill === true) this.#host.kill(task);
    return error;
  }

  /** The program runs. What would have refused it was not asked, or asked in vain: then the label stays. */
  committed(task: Task, file: ExecFile | undefined): void {
    const { error, labels } = this.#decide(task, file, undefined);
    this.#security.setLabels(task, error === undefined ? labels : withoutTransition(this.#security.labels(task)));
  }

  /** Will it have the same label after this exec? */
  keepsLabel(task: Task, file: ExecFile): boolean {
    return this.labelAfter(task, file) === undefined;
  }

  /** Must the program not trust its environment? */
  isSecure(task: Task, file: ExecFile): boolean {
    const { error, secure } = this.#decide(task, file, undefined);
    return error === undefined && secure;
  }

  /** The label that it will have; `undefined` = the same, or it may not be executed. */
  labelAfter(task: Task, file: ExecFile): Label | undefined {
    const { error, labels } = this.#decide(task, file, undefined);
    const same = error !== undefined || labels.label.equals(this.#security.labels(task).label.newest());
    return same ? undefined : labels.label;
  }

  /** @param subject in whose name refusals are logged; `undefined` = they are not. */
  #decide(task: Task, file: ExecFile | undefined, subject: ActingTask | undefined): ExecTransition {
    const labels = this.#security.labels(task);
    return exec(labels, file, {
      noNewPrivs: file?.call?.noNewPrivs === true,
      audit: subject === undefined ? () => {} : this.#security.auditFile(subject),
      ...this.#tracing(task, subject),
    });
  }

  #tracing(task: Task, subject: ActingTask | undefined): { tracerAllows?: (label: Label) => boolean } {
    const tracer = this.#host.tracerOf(task);
    if (tracer === undefined) return {};
    return { tracerAllows: (label) => tracerAllows(this.#security, tracer, label, subject) };
  }
}
