/** What `subj=` says of a task. */

import { textOf, untilNul } from '../../../vfs/bytes.ts';
import { KERNEL_CALLER } from '../../../vfs/caller.ts';
import { failed } from '../../../vfs/errno.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';

/** With several modules it is `?`; `undefined` when none labels tasks. */
export function auditLabel(hooks: HookList, task: Task): string | undefined {
  const modules = hooks.having('getprocattr');
  const [module] = modules;
  if (module === undefined) return undefined;
  if (modules.length > 1) return '?';
  const caller = { ...KERNEL_CALLER, tid: task.tid, tgid: task.process.tgid };
  const label = module.hooks.getprocattr(task, task, 'context', caller);
  return failed(label) ? undefined : textOf(untilNul(label)).trimEnd();
}
