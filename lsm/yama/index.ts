/**
 * Yama: limits ptrace, by one sysctl, kernel.yama.ptrace_scope, and by what processes wish for themselves.
 *
 * Model: security/yama/yama_lsm.c of Linux 6.12 with Debian's default. Scopes: 0 classic, 1 descendants and those that the process named, 2
 * administrators, 3 nobody; 3 is final. Messages name programs by their `comm`; a kernel names their command lines.
 */
import { bytesOf } from '../../linux/bytes.ts';
import { CAP } from '../../linux/capability.ts';
import { E, type Errno, type Result } from '../../linux/errno.ts';
import { type Tgid, tidOf } from '../../linux/ids.ts';
import { PR_SET_PTRACER, PR_SET_PTRACER_ANY, PTRACE_MODE_ATTACH } from '../../linux/process.ts';
import { scanInt } from '../../vfs/pseudo/scan.ts';
import { type Caller, capable, capableInOwn } from '../../vfs/tree/caller.ts';
import { KERN_NOTICE } from '../framework/facts.ts';
import type { Module, ModuleDefinition } from '../framework/module.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import { SysctlInt } from '../framework/proc/sysctl-int.ts';
import type { Task } from '../framework/task.ts';
import { knownModule } from '../known-modules.ts';
import { Relations } from './relations.ts';

const YAMA_SCOPE_DISABLED = 0;
const YAMA_SCOPE_RELATIONAL = 1;
const YAMA_SCOPE_CAPABILITY = 2;
const YAMA_SCOPE_NO_ATTACH = 3;

export const yama: ModuleDefinition = { ...knownModule('yama'), create: createYama };

function createYama(host: ModuleHost): Module {
  const { config, log, sysctlNumbers } = host;
  // As every sysctl, it can be set from the command line.
  const atBoot = scanInt(bytesOf(config.parameters['sysctl.kernel.yama.ptrace_scope'] ?? '')) ?? YAMA_SCOPE_DISABLED;
  let scope = atBoot >= YAMA_SCOPE_DISABLED && atBoot <= YAMA_SCOPE_NO_ATTACH ? atBoot : YAMA_SCOPE_DISABLED;
  const relations = new Relations();
  log.print('Yama: disabled by default; enable with sysctl kernel.yama.*');
  const node = new SysctlInt(
    { ino: sysctlNumbers.next(), mode: 0o644 },
    {
      read: () => scope,
      check: (caller: Caller): Errno | undefined => (capable(caller, CAP.SYS_PTRACE) ? undefined : E.EPERM),
      range: () => ({
        min: scope === YAMA_SCOPE_NO_ATTACH ? YAMA_SCOPE_NO_ATTACH : YAMA_SCOPE_DISABLED,
        max: YAMA_SCOPE_NO_ATTACH,
      }),
      store: (value) => {
        scope = value;
      },
    },
  );

  const isDescendant = (of: Tgid, tgid: Tgid): boolean => {
    const seen = new Set<Tgid>();
    for (let at: Tgid | undefined = tgid; at !== undefined && at > 0 && !seen.has(at); ) {
      if (at === of) return true;
      seen.add(at);
      at = host.threadFacts(at)?.parent;
    }
    return false;
  };
  const isException = (tracer: Task, target: Task): boolean => {
    if (host.tracerOf(target)?.process === tracer.process) return true;
    const wished = relations.get(target.process);
    return wished === 'any' || (wished !== undefined && isDescendant(wished.tgid, tracer.process.tgid));
  };
  const mayAttach = (tracer: Task, target: Task, caller: Caller): boolean => {
    if (scope === YAMA_SCOPE_DISABLED) return true;
    if (scope === YAMA_SCOPE_NO_ATTACH) return false;
    if (capableInOwn(caller, CAP.SYS_PTRACE)) return true;
    return (
      scope === YAMA_SCOPE_RELATIONAL &&
      (isDescendant(tracer.process.tgid, target.process.tgid) || isException(tracer, target))
    );
  };
  const refuse = (access: string, target: Task, agent: Task): Errno => {
    const name = (task: Task): string => `"${host.threadFacts(task.tid)?.comm ?? ''}"[${task.tid}]`;
    log.print(`ptrace ${access} of ${name(target)} was attempted by ${name(agent)}`, KERN_NOTICE);
    return E.EPERM;
  };
  const setPtracer = (task: Task, pid: number): Result<number> => {
    const tracer = pid > 0 ? host.findTask(tidOf(pid)) : undefined;
    if (pid === 0) relations.delete(task.process);
    else if (pid === PR_SET_PTRACER_ANY) relations.set(task.process, 'any');
    else if (tracer !== undefined) relations.set(task.process, tracer.process);
    else return E.EINVAL;
    return 0;
  };

  return {
    hooks: {
      taskPrctl: (task, option, argument) => (option === PR_SET_PTRACER ? setPtracer(task, argument) : E.ENOSYS),
      ptraceAccessCheck: (tracer, target, mode, caller) => {
        if ((mode & PTRACE_MODE_ATTACH) === 0 || mayAttach(tracer, target, caller)) return undefined;
        return refuse('attach', target, tracer);
      },
      ptraceTraceme: (parent, task, parentCaller) => {
        const allowed =
          scope < YAMA_SCOPE_CAPABILITY ||
          (scope === YAMA_SCOPE_CAPABILITY && capableInOwn(parentCaller, CAP.SYS_PTRACE));
        return allowed ? undefined : refuse('traceme', task, parent);
      },
      taskFree: ({ process }) => {
        if (process.threads.size === 0) relations.forget(process);
      },
    },
    sysctls: new Map([['kernel/yama/ptrace_scope', node]]),
    remember: () => {
      const noted = scope;
      return () => {
        scope = noted;
      };
    },
  };
}
