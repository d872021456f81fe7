/**
 * What a task does to tasks, and with the credentials that an io_uring keeps: the smack_task_*() and smack_uring_*() hooks of
 * security/smack/smack_lsm.c, Linux 6.12. Limits and capabilities of others are free.
 */
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { AboutTask } from '../../framework/access/task-access.ts';
import { taskFields } from '../../framework/audit/lsm-audit.ts';
import type { Task } from '../../framework/task.ts';
import { MAY } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { refusePtrace } from './ptrace.ts';

export interface TaskHost {
  findTask(tid: Tid): Task | undefined;
  /** A task in the state it had when it registered credentials under this name. */
  namedMaker(name: string): Task | undefined;
}

export function taskAccessHooks(security: SmackSecurity, { findTask, namedMaker }: TaskHost): AccessHooks {
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
    uringSqpoll: (_task, _about, caller) => (security.administers(caller) ? undefined : E.EPERM),
    uringOverrideCreds(task, { personality }, caller) {
      const maker = namedMaker(personality);
      const same = maker === undefined || security.of(maker).label === security.of(task).label;
      return same || security.administers(caller, CAP.MAC_OVERRIDE) ? undefined : E.EPERM;
    },
  };
}

/** LSM_AUDIT_DATA_TASK */
function shown({ process }: Task, { comm = '' }: AboutTask): string {
  return taskFields({ tgid: process.tgid, comm });
}
