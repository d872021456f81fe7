/**
 * What a task does to tasks: the selinux_task_*(), selinux_ptrace_*() and selinux_cap*() hooks of security/selinux/hooks.c, Linux 6.12.
 */

import type { Errno } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import { PTRACE_MODE_READ } from '../../../linux/process.ts';
import { SIGCHLD, SIGKILL, SIGSTOP } from '../../../linux/signal.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { Hooks } from '../../framework/hook-table.ts';
import type { Task } from '../../framework/task.ts';
import { checkEach, sidIn, type TaskSecurity } from '../namespaces/task-security.ts';

export interface TaskAccessHost {
  readonly securityOf: (task: Task) => TaskSecurity;
  readonly findTask: (tid: Tid) => Task | undefined;
}

/** All other signals need `signal`. */
const SIGNALS: ReadonlyMap<number, string> = new Map([
  [0, 'signull'],
  [SIGCHLD, 'sigchld'],
  [SIGKILL, 'sigkill'],
  [SIGSTOP, 'sigstop'],
]);

export function taskAccessHooks(host: TaskAccessHost): AccessHooks & Pick<Hooks, 'ptraceAccessCheck'> {
  const check = (
    task: Task,
    target: Tid,
    permissions: readonly string[],
    caller: Caller,
    objectClass = 'process',
  ): Errno | undefined => {
    const found = host.findTask(target);
    if (found === undefined || permissions.length === 0) return undefined;
    const security = host.securityOf(found);
    return checkEach(host.securityOf(task), ({ namespace, current }) =>
      namespace.state.check(caller, current, sidIn(security, namespace), objectClass, permissions),
    );
  };
  const asking =
    (permission: string) =>
    (task: Task, { target }: { readonly target: Tid }, caller: Caller): Errno | undefined =>
      check(task, target, [permission], caller);
  const setsched = asking('setsched');
  const getsched = asking('getsched');

  return {
    taskAlloc: (task, _about, caller) => check(task, task.tid, ['fork'], caller),
    taskKill: (task, { target, signal }, caller) => check(task, target, [SIGNALS.get(signal) ?? 'signal'], caller),
    ptraceAccess: (task, { target, mode }, caller) =>
      (mode & PTRACE_MODE_READ) === 0
        ? check(task, target, ['ptrace'], caller)
        : check(task, target, ['read'], caller, 'file'),
    // Of attr files; about ptrace(2) `ptraceAccess` is asked.
    ptraceAccessCheck: (task, target, mode, caller) =>
      (mode & PTRACE_MODE_READ) === 0 ? undefined : check(task, target.tid, ['read'], caller, 'file'),
    ptraceTracemeAccess: (task, { parent }, caller) => {
      const found = host.findTask(parent);
      if (found === undefined) return undefined;
      const own = host.securityOf(task);
      return checkEach(host.securityOf(found), ({ namespace, current }) =>
        namespace.state.check(caller, current, sidIn(own, namespace), 'process', ['ptrace']),
      );
    },
    taskSetpgid: asking('setpgid'),
    taskGetpgid: asking('getpgid'),
    taskGetsid: asking('getsession'),
    taskSetnice: setsched,
    taskSetioprio: setsched,
    taskSetscheduler: setsched,
    taskMovememory: setsched,
    taskGetioprio: getsched,
    taskGetscheduler: getsched,
    taskPrlimit: (task, { target, read, write }, caller) =>
      check(task, target, [...(write ? ['setrlimit'] : []), ...(read ? ['getrlimit'] : [])], caller),
    taskSetrlimit: (task, { target, hard }, caller) => check(task, target, hard ? ['setrlimit'] : [], caller),
    capget: asking('getcap'),
    usernsCreate: (task, _about, caller) => check(task, task.tid, ['create'], caller, 'user_namespace'),
    capset: (task, _about, caller) => check(task, task.tid, ['setcap'], caller),
  };
}
