/** The priority with which a thread reads and writes: __get_task_ioprio() of block/ioprio.c, Linux 6.12. Waits for nobody. */
import { getPriority } from 'node:os';
import type { Tid } from '../../linux/ids.ts';
import {
  IOPRIO_CLASS_BE,
  IOPRIO_CLASS_IDLE,
  IOPRIO_CLASS_NONE,
  IOPRIO_CLASS_RT,
  IOPRIO_CLASS_SHIFT,
  IOPRIO_WHO_PROCESS,
  SCHED_BATCH,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RESET_ON_FORK,
} from '../../linux/process.ts';
import { NR } from '../libc.ts';
import { rawSyscall } from '../raw-syscall.ts';

/** One of class IOPRIO_CLASS_NONE has that of its policy and its nice value. `undefined` = it has ended. */
export function ioPriority(tid: Tid): number | undefined {
  const own = rawSyscall(NR.ioprio_get, IOPRIO_WHO_PROCESS, tid);
  if (own < 0) return undefined;
  if (own >> IOPRIO_CLASS_SHIFT !== IOPRIO_CLASS_NONE) return own;
  const policy = rawSyscall(NR.sched_getscheduler, tid);
  const nice = niceOf(tid);
  if (policy < 0 || nice === undefined) return undefined;
  return (classOf(policy & ~SCHED_RESET_ON_FORK) << IOPRIO_CLASS_SHIFT) | Math.floor((nice + 20) / 5);
}

function classOf(policy: number): number {
  if (policy === SCHED_IDLE) return IOPRIO_CLASS_IDLE;
  return policy === SCHED_NORMAL || policy === SCHED_BATCH ? IOPRIO_CLASS_BE : IOPRIO_CLASS_RT;
}

function niceOf(tid: Tid): number | undefined {
  try {
    return getPriority(tid);
  } catch {
    return undefined;
  }
}
