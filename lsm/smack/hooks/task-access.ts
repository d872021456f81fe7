/**
 * What a task does to tasks: the smack_task_*() hooks of security/smack/smack_lsm.c, Linux 6.12. Limits and capabilities
 * of others are free.
 */
import type { Errno } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { AboutTask } from '../../framework/access/task-access.ts';
import { taskFields } from '../../framework/audit/lsm-audit.ts';
import type { Task } from '../../framework/task.ts';
import { MAY } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { refusePtrace } from './ptrace.ts';

export function taskAccessHooks(security: SmackSecurity, findTask: (tid: Tid) => Task | undefined): AccessHooks {
  const asking =
    (hook: string, request: number) =>
    (task: Task, about: AboutTask, caller: Caller): Errno | undefined => {
      const target = findTask(about.target);
      if (target === undefined) return undefined;
      const audited = { hook, details: shown(target, about) };
      return security.check(task, security.of(target).label, request, caller, audited, target);
    };
  const kill = asking('smack_task_kill', MAY.WRITE);
  return {
    taskKill: (task, about, caller) => (about.signal === 0 ? undefined : kill(task, about, caller)),
    ptraceAccess: (task, about, caller) => {
      const target = findTask(about.target);
      if (target === undefined) return undefined;
      const audited = { hook: 'smack_ptrace_access_check', details: shown(target, about) };
      return refusePtrace(security, task, security.of(target).label, about.mode, audited, caller, target);
    },
    taskSetpgid: asking('smack_task_setpgid', MAY.WRITE),
    taskGetpgid: asking('smack_task_getpgid', MAY.READ),
    taskGetsid: asking('smack_task_getsid', MAY.READ),
    taskSetnice: asking('smack_task_setnice', MAY.WRITE),
    taskSetioprio: asking('smack_task_setioprio', MAY.WRITE),
    taskGetioprio: asking('smack_task_getioprio', MAY.READ),
    taskSetscheduler: asking('smack_task_setscheduler', MAY.WRITE),
    taskGetscheduler: asking('smack_task_getscheduler', MAY.READ),
    taskMovememory: asking('smack_task_movememory', MAY.WRITE),
  };
}

/** LSM_AUDIT_DATA_TASK */
function shown({ process }: Task, { comm = '' }: AboutTask): string {
  return taskFields({ tgid: process.tgid, comm });
}
