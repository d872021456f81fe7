/**
 * Hooks of tasks, on others and on the caller itself, called in kernel/signal.c, kernel/sys.c, kernel/sched,
 * kernel/capability.c and block/ioprio.c, by the names of include/linux/lsm_hook_defs.h. Tasks are given by their
 * thread ids.
 */
import type { Tid } from '../../../linux/ids.ts';

/** `comm`: of the target, for records. */
export interface AboutTask {
  readonly target: Tid;
  readonly comm?: string;
}

export interface TaskAccess {
  /** `signal`: 0 = does it exist? */
  taskKill: AboutTask & { readonly signal: number };
  /** `mode`: PTRACE_MODE_READ or PTRACE_MODE_ATTACH. */
  ptraceAccess: AboutTask & { readonly mode: number };
  taskSetpgid: AboutTask;
  taskGetpgid: AboutTask;
  taskGetsid: AboutTask;
  taskSetnice: AboutTask;
  taskSetioprio: AboutTask;
  taskGetioprio: AboutTask;
  taskSetscheduler: AboutTask;
  taskGetscheduler: AboutTask;
  /** Another task's limits (LSM_PRLIMIT_READ, LSM_PRLIMIT_WRITE). */
  taskPrlimit: AboutTask & { readonly read: boolean; readonly write: boolean };
  /** `hard`: the hard limit becomes another. */
  taskSetrlimit: AboutTask & { readonly resource: number; readonly hard: boolean };
  capget: AboutTask;
  /** The task's own capabilities become others. */
  capset: Record<string, never>;
}
