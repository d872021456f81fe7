/** The `subj=` field of a task. */

import { textOf, untilNul } from '../../../linux/bytes.ts';
import { E, failed } from '../../../linux/errno.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';

export interface AuditLabel {
  /** With several modules it is `?`. */
  readonly label: string;
  /** Body of the record MAC_TASK_CONTEXTS, which then follows: one label for each module that has one. */
  readonly contexts?: string;
}

/** The sender of a signal as SIGNAL_INFO tells it: by the first module that labels tasks, with the terminator that some count. */
export function senderContext(hooks: HookList, task: Task): Uint8Array {
  const caller = { ...KERNEL_CALLER, tid: task.tid, tgid: task.process.tgid };
  const [module] = hooks.having('getprocattr');
  const label = module?.hooks.getprocattr(task, task, 'context', caller);
  return label === undefined || failed(label) ? new Uint8Array(0) : label;
}

/** `undefined` when no module labels tasks. Model: audit_log_subj_ctx() of kernel/audit.c in Linux 6.18. */
export function auditLabel(hooks: HookList, task: Task): AuditLabel | undefined {
  const modules = hooks.having('getprocattr');
  const caller = { ...KERNEL_CALLER, tid: task.tid, tgid: task.process.tgid };
  const labels = modules.map(({ name, hooks }) => {
    const label = hooks.getprocattr(task, task, 'context', caller);
    return { name, label: failed(label) ? label : textOf(untilNul(label)).trimEnd() };
  });
  const [first] = labels;
  if (first === undefined) return undefined;
  if (labels.length === 1) return failed(first.label) ? undefined : { label: first.label };
  const known = labels.filter(({ label }) => label !== E.EOPNOTSUPP);
  return {
    label: '?',
    contexts: known.map(({ name, label }) => `subj_${name}=${failed(label) ? '?' : label}`).join(' '),
  };
}
