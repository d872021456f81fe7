/** What a task does to tasks, and makes of the kernel's own: apparmor_task_kill(), apparmor_task_setrlimit(), ..., Linux 6.12. */
import type { Tid } from '../../../linux/ids.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { Task } from '../../framework/task.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import { refuseOverride, refuseSqpoll, refuseUserns } from './kernel-objects.ts';
import { refusePtrace } from './ptrace.ts';
import { limitAccess } from './resource.ts';
import { refuseSignal } from './signal.ts';

export interface TaskHost {
  findTask(tid: Tid): Task | undefined;
  namedMaker(name: string): Task | undefined;
  kill(task: Task): void;
}

export function taskHooks(security: ApparmorSecurity, { findTask, namedMaker, kill }: TaskHost): AccessHooks {
  return {
    taskKill: (task, { target, signal }, caller) => {
      const receiver = findTask(target);
      return receiver && refuseSignal(security, task, receiver, signal, caller);
    },
    ptraceAccess: (task, { target, mode, attaches }, caller) => {
      const tracee = attaches === true ? undefined : findTask(target);
      return tracee && refusePtrace(security, task, tracee, mode, caller);
    },
    usernsCreate: (task, _about, caller) => refuseUserns(security, task, caller),
    uringSqpoll: (task, _about, caller) => refuseSqpoll(security, task, caller),
    uringOverrideCreds(task, { personality }, caller) {
      const maker = namedMaker(personality);
      return maker && refuseOverride(security, task, maker, caller);
    },
    taskSetrlimit: (task, { target, resource, limit }, caller) => {
      const other = findTask(target);
      if (other === undefined) return undefined;
      const verdict = limitAccess(security, task, other, { resource, limit }, caller);
      if (verdict.kill) kill(task);
      return verdict.error;
    },
  };
}
