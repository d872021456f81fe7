/**
 * What the calls about scheduling and priorities ask the modules: kernel/sched/syscalls.c, kernel/sys.c and
 * block/ioprio.c, Linux 6.12. The kernel's own reasons to refuse come first, and are left to it.
 */

import { ioPriority } from '../../../host/process/io-priority.ts';
import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import {
  IOPRIO_CLASS_RT,
  IOPRIO_CLASS_SHIFT,
  IOPRIO_WHO_PGRP,
  IOPRIO_WHO_PROCESS,
  IOPRIO_WHO_USER,
  PRIO_PGRP,
  PRIO_PROCESS,
  PRIO_USER,
  RLIMIT_NICE,
  SCHED_BATCH,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RESET_ON_FORK,
  SCHED_RR,
} from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { aboutTask } from '../access/about-task.ts';
import { limitsOf } from '../access/limits.ts';
import { askAboutEach, threadsOfGroup, threadsOfUser, userHere } from '../access/several-tasks.ts';
import {
  byCapability,
  type Permitted,
  type TaskIdentity,
  taskIdentity,
  taskNumber,
  taskStat,
} from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

/** What everybody may choose. SCHED_RESET_ON_FORK may be added. */
const FAIR: ReadonlySet<number> = new Set([SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE]);

const getscheduler: Handler = (context) => aboutTask(context, context.call.int(0), 'taskGetscheduler');

/** (pid) */
const sched_getscheduler = getscheduler;
/** (pid, interval) */
const sched_rr_get_interval = getscheduler;
/** (pid, param) */
const sched_getparam: Handler = (context) => {
  if (!context.call.isNull(1)) getscheduler(context);
};
/** (pid, attr, size, flags) */
const sched_getattr: Handler = (context) => {
  const { call } = context;
  if (!call.isNull(1) && call.low(2) >= 48 && call.low(2) <= 4096 && call.low(3) === 0) getscheduler(context);
};
/** (pid, size, mask) */
const sched_getaffinity: Handler = (context) => {
  const size = context.call.low(1);
  if (size > 0 && size % 8 === 0) getscheduler(context);
};

/** (pid, size, mask) */
const sched_setaffinity: Handler = (context) => {
  const { call, memory } = context;
  if (memory.read(call.tid, call.low(2), call.high(2), Math.min(call.low(1), 8)) < Math.min(call.low(1), 8)) return;
  aboutTask(context, call.int(0), 'taskSetscheduler', (caller, target) => mayNice(context, caller, target));
};

/** (pid, policy, param) */
const sched_setscheduler: Handler = (context) => schedule(context, context.call.int(1), 2);
/** (pid, param) */
const sched_setparam: Handler = (context) => schedule(context, undefined, 1);

/** (pid, attr, flags): struct sched_attr { u32 size, policy; ... } */
const sched_setattr: Handler = (context) => {
  const { call, memory } = context;
  if (call.int(2) !== 0 || memory.read(call.tid, call.low(1), call.high(1), 48) < 48) return;
  const attributes = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 48);
  const policy = attributes.getInt32(4, true);
  if (FAIR.has(policy)) setscheduler(context, policy);
  else aboutTask(context, call.int(0), 'taskSetscheduler', (caller, target) => hasNice(context, caller, target));
};

/** @param policy `undefined` = as it is. `argument`: where struct sched_param { int priority; } is. */
function schedule(context: WorkerContext, policy: number | undefined, argument: number): void {
  const { call, memory, view } = context;
  if (memory.read(call.tid, call.low(argument), call.high(argument), 4) < 4) return;
  const priority = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 4).getInt32(0, true);
  const target = taskNumber(context, call.int(0));
  const meant = policy ?? (target === undefined ? undefined : taskStat(view, target)?.policy);
  if (meant === undefined || priority < 0 || priority > 99) return;
  const wanted = meant & ~SCHED_RESET_ON_FORK;
  if (FAIR.has(wanted)) {
    if (priority === 0) setscheduler(context, wanted);
  } else if ((wanted === SCHED_FIFO || wanted === SCHED_RR) && priority > 0)
    aboutTask(context, call.int(0), 'taskSetscheduler', (caller, other) => hasNice(context, caller, other));
}

function setscheduler(context: WorkerContext, policy: number): void {
  aboutTask(context, context.call.int(0), 'taskSetscheduler', (caller, target) => {
    // From SCHED_IDLE only as far as the limit of nice values lets it.
    const idle = taskStat(context.view, target.tid)?.policy === 5 && policy !== 5;
    return idle ? hasNice(context, caller, target) : mayNice(context, caller, target);
  });
}

/** check_same_owner(), then {@link safely} */
function mayNice(context: WorkerContext, caller: TaskIdentity, target: TaskIdentity): Permitted {
  const { effective } = caller.uids;
  const same = effective === target.uids.effective || effective === target.uids.real;
  return safely(context, caller, target, same ? [] : hasNice(context, caller, target));
}

/** cap_safe_nice(): who has a capability that the caller has not may be changed by CAP_SYS_NICE alone. */
function safely(context: WorkerContext, caller: TaskIdentity, target: TaskIdentity, permitted: Permitted): Permitted {
  if ((target.permitted & ~caller.permitted) === 0n) return permitted;
  const needed = hasNice(context, caller, target);
  return permitted && needed && [...permitted, ...needed];
}

function hasNice({ view }: WorkerContext, caller: TaskIdentity, target: TaskIdentity): Permitted {
  return byCapability(view, caller, target, CAP.SYS_NICE);
}

/** (which, who, nice value): of several all are asked about, and the last refusal is the result. */
const setpriority: Handler = (context) => {
  const { call, view } = context;
  const [which, number, value] = [call.int(0), call.int(1), Math.max(-20, Math.min(19, call.int(2)))];
  const permits: Permits = (caller, target) => {
    const raises = value < (taskStat(view, target.tid)?.nice ?? 0) && !isWithinLimit(context, target, value);
    const permitted = mayNice(context, caller, target);
    const raised = raises ? hasNice(context, caller, target)?.map(refusedAccess) : [];
    return permitted && raised && [...permitted, ...raised];
  };
  const setnice = (tasks: readonly Tid[] | undefined): void =>
    changeSeveral(context, tasks, withHook('taskSetnice', permits), (results) => results.findLast(isError));
  if (which === PRIO_PROCESS) aboutTask(context, number, 'taskSetnice', permits);
  else if (which === PRIO_PGRP) setnice(threadsOfGroup(context, number));
  else if (which === PRIO_USER) setnice(ofUser(context, number));
};

/** is_nice_reduction() of kernel/sched/syscalls.c */
function isWithinLimit({ view }: WorkerContext, { tid }: TaskIdentity, nice: number): boolean {
  return BigInt(20 - nice) <= (limitsOf(view, tid, RLIMIT_NICE)?.soft ?? 0n);
}

/** set_one_prio() */
const refusedAccess = (check: AccessCheck): AccessCheck => ({ ...check, refusal: 'EACCES' });

/** (which, who) */
const ioprio_get: Handler = (context) => {
  const { call } = context;
  const [which, number] = [call.int(0), call.int(1)];
  if (which === IOPRIO_WHO_PROCESS) aboutTask(context, number, 'taskGetioprio');
  else if (which === IOPRIO_WHO_PGRP) lookAtSeveral(context, threadsOfGroup(context, number));
  else if (which === IOPRIO_WHO_USER) lookAtSeveral(context, ofUser(context, number));
};

/** (which, who, priority): of several the kernel asks about one after the other, up to the first refusal. */
const ioprio_set: Handler = (context) => {
  const { call } = context;
  const [which, number, priorityClass] = [call.int(0), call.int(1), call.int(2) >> IOPRIO_CLASS_SHIFT];
  if (priorityClass < 0 || priorityClass > 3) return;
  const permits: Permits = (caller, target) => {
    const own = hasNice(context, caller, caller);
    const realTime = priorityClass === IOPRIO_CLASS_RT ? own : [];
    const { real } = target.uids;
    const permitted = real === caller.uids.effective || real === caller.uids.real ? [] : own;
    return safely(context, caller, target, realTime && permitted && [...realTime, ...permitted]);
  };
  const setioprio = (tasks: readonly Tid[] | undefined): void =>
    changeSeveral(context, tasks, withHook('taskSetioprio', permits), (results) => results.find(isError));
  if (which === IOPRIO_WHO_PROCESS) aboutTask(context, number, 'taskSetioprio', permits);
  else if (which === IOPRIO_WHO_PGRP) setioprio(threadsOfGroup(context, number));
  // Here 0 is no short form of the caller's user.
  else if (which === IOPRIO_WHO_USER) setioprio(ofUserNumber(context, number));
};

type Permits = (caller: TaskIdentity, target: TaskIdentity) => Permitted;

function withHook(hook: 'taskSetnice' | 'taskSetioprio' | 'taskGetioprio', permits: Permits): Permits {
  return (caller, target) => {
    const permitted = permits(caller, target);
    return permitted && [...permitted, { hook, about: { target: target.tid } }];
  };
}

const isError = (result: number): boolean => result !== 0;

/**
 * Where modules refuse one, nobody is changed: the kernel would change those whom it may, but by a number we could hit another who has
 * it by now.
 */
function changeSeveral(
  context: WorkerContext,
  tasks: readonly Tid[] | undefined,
  asked: Permits,
  result: (all: readonly number[]) => number | undefined,
): void {
  const answers = askAboutEach(context, tasks, asked);
  if (answers?.isRefused) context.call.fail(result(answers.results) ?? ERRNO.EACCES);
}

/** Whom it may not look at the caller is not told about: the result is the best of the others. */
function lookAtSeveral(context: WorkerContext, tasks: readonly Tid[] | undefined): void {
  const { call } = context;
  const answers = askAboutEach(
    context,
    tasks,
    withHook('taskGetioprio', () => []),
  );
  if (!answers?.isRefused) return;
  const known = answers.allowed.map(ioPriority).filter((priority) => priority !== undefined);
  if (known.length > 0) call.succeed(Math.min(...known));
  else call.fail(ERRNO.ESRCH);
}

/** 0 = the caller's own. */
function ofUser(context: WorkerContext, number: number): readonly Tid[] | undefined {
  if (number !== 0) return ofUserNumber(context, number);
  const own = taskIdentity(context.view, context.call.tid)?.uids.real;
  return own === undefined ? [] : threadsOfUser(context, own);
}

function ofUserNumber(context: WorkerContext, number: number): readonly Tid[] | undefined {
  const uid = userHere(context, number);
  return uid === undefined ? [] : threadsOfUser(context, uid);
}

export const calls: readonly SupervisedCall[] = always('mediate-tasks', {
  sched_getscheduler,
  sched_rr_get_interval,
  sched_getparam,
  sched_getattr,
  sched_getaffinity,
  sched_setaffinity,
  sched_setscheduler,
  sched_setparam,
  sched_setattr,
  setpriority,
  ioprio_get,
  ioprio_set,
});
