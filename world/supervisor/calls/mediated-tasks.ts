/**
 * What the calls about process groups, sessions, scheduling, limits and capabilities ask the modules: kernel/sys.c,
 * kernel/sched/syscalls.c, block/ioprio.c and kernel/capability.c, Linux 6.12. The kernel's own reasons to refuse come
 * first, and are left to it.
 */

import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { CAP, hasCapability, LINUX_CAPABILITY_VERSION_3 } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import type { Tid } from '../../../linux/ids.ts';
import {
  IOPRIO_CLASS_RT,
  IOPRIO_CLASS_SHIFT,
  IOPRIO_WHO_PROCESS,
  PF_FORKNOEXEC,
  PRIO_PROCESS,
  RLIM_NLIMITS,
  SCHED_BATCH,
  SCHED_FIFO,
  SCHED_IDLE,
  SCHED_NORMAL,
  SCHED_RESET_ON_FORK,
  SCHED_RR,
} from '../../../linux/process.ts';
import type { AccessCheck, AccessHook } from '../../../lsm/framework/access/access.ts';
import type { TaskAccess } from '../../../lsm/framework/access/task-access.ts';
import { refuse } from '../access/calls.ts';
import {
  byCapability,
  type Permitted,
  type TaskIdentity,
  taskIdentity,
  taskNumber,
  taskStat,
} from '../access/task-state.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

/** What everybody may choose. SCHED_RESET_ON_FORK may be added. */
const FAIR: ReadonlySet<number> = new Set([SCHED_NORMAL, SCHED_BATCH, SCHED_IDLE]);
const LIMIT_NAMES = [
  ['Max cpu time', 'Max file size', 'Max data size', 'Max stack size', 'Max core file size', 'Max resident set'],
  ['Max processes', 'Max open files', 'Max locked memory', 'Max address space', 'Max file locks'],
  ['Max pending signals', 'Max msgqueue size', 'Max nice priority', 'Max realtime priority', 'Max realtime timeout'],
].flat();

/** Hooks that are asked about a task alone. */
type PlainHook = {
  [Name in keyof TaskAccess]: { readonly target: number } extends TaskAccess[Name] ? Name : never;
}[keyof TaskAccess] &
  AccessHook;

/** Asks about the task that an argument names. @param permits what the kernel itself says to it. */
function about(
  context: WorkerContext,
  number: number,
  hook: PlainHook,
  permits: (caller: TaskIdentity, target: TaskIdentity) => Permitted = () => [],
): void {
  const target = taskNumber(context, number);
  if (target === undefined) return;
  const [caller, other] = [taskIdentity(context.view, context.call.tid), taskIdentity(context.view, target)];
  const before = caller && other && permits(caller, other);
  if (before !== undefined) refuse(context, [...before, { hook, about: { target } } as AccessCheck]);
}

/** (pid): of another, or oneself by number */
const getpgid: Handler = (context) => {
  if (context.call.int(0) !== 0) about(context, context.call.int(0), 'taskGetpgid');
};

/** (pid) */
const getsid: Handler = (context) => {
  if (context.call.int(0) !== 0) about(context, context.call.int(0), 'taskGetsid');
};

/** (pid, pgid) */
const setpgid: Handler = (context) => {
  const { call, view } = context;
  const [number, group] = [call.int(0), call.int(1)];
  if (group < 0) return;
  about(context, number, 'taskSetpgid', (caller, target) => {
    const [own, theirs] = [taskStat(view, caller.tid), taskStat(view, target.tid)];
    if (own === undefined || theirs === undefined || target.tid !== target.tgid) return undefined;
    const child = theirs.parent === caller.tgid;
    if (!child && target.tgid !== caller.tgid) return undefined;
    if (child && (theirs.session !== own.session || (theirs.flags & PF_FORKNOEXEC) === 0)) return undefined;
    const wanted = group === 0 ? target.tid : taskNumber(context, group);
    if (theirs.session === target.tgid || wanted === undefined) return undefined;
    return wanted === target.tid || isGroup(view, wanted, own.session) ? [] : undefined;
  });
};

/** Is there a process group with this number in the session? */
function isGroup(view: CallerView, group: number, session: number): boolean {
  return view.processes().some((tid) => {
    const stat = taskStat(view, tid);
    return stat?.group === group && stat.session === session;
  });
}

const getscheduler: Handler = (context) => about(context, context.call.int(0), 'taskGetscheduler');

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
  about(context, call.int(0), 'taskSetscheduler', (caller, target) => mayNice(context, caller, target));
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
  else about(context, call.int(0), 'taskSetscheduler', (caller, target) => hasNice(context, caller, target));
};

/** @param policy `undefined` = as it is. `argument`: where struct sched_param { int priority; } is. */
function schedule(context: WorkerContext, policy: number | undefined, argument: number): void {
  const { call, memory, view } = context;
  if (memory.read(call.tid, call.low(argument), call.high(argument), 4) < 4) return;
  const priority = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 4).getInt32(0, true);
  const target = taskNumber(context, call.int(0));
  const meant = policy ?? (target === undefined ? undefined : taskStat(view, target)?.policy);
  if (meant === undefined || priority < 0 || priority > 99) return;
  const plain = meant & ~SCHED_RESET_ON_FORK;
  if (FAIR.has(plain)) {
    if (priority === 0) setscheduler(context, plain);
  } else if ((plain === SCHED_FIFO || plain === SCHED_RR) && priority > 0)
    about(context, call.int(0), 'taskSetscheduler', (caller, other) => hasNice(context, caller, other));
}

function setscheduler(context: WorkerContext, policy: number): void {
  about(context, context.call.int(0), 'taskSetscheduler', (caller, target) => {
    // From SCHED_IDLE only as far as the limit of nice values lets it.
    const idle = taskStat(context.view, target.tid)?.policy === 5 && policy !== 5;
    return idle ? hasNice(context, caller, target) : mayNice(context, caller, target);
  });
}

/** check_same_owner() */
function mayNice(context: WorkerContext, caller: TaskIdentity, target: TaskIdentity): Permitted {
  const { effective } = caller.uids;
  const same = effective === target.uids.effective || effective === target.uids.real;
  return same ? [] : hasNice(context, caller, target);
}

function hasNice({ view }: WorkerContext, caller: TaskIdentity, target: TaskIdentity): Permitted {
  return byCapability(view, caller, target, CAP.SYS_NICE);
}

/** (increment) */
const nice: Handler = (context) => {
  about(context, 0, 'taskSetnice', (caller) => (context.call.int(0) >= 0 ? [] : hasNice(context, caller, caller)));
};

/** (which, who, nice value) */
const setpriority: Handler = (context) => {
  const { call, mediator, view } = context;
  const [which, number, value] = [call.int(0), call.int(1), Math.max(-20, Math.min(19, call.int(2)))];
  if (which === PRIO_PROCESS)
    about(context, number, 'taskSetnice', (caller, target) => {
      const lowers = value < (taskStat(view, target.tid)?.nice ?? 0);
      const permitted = mayNice(context, caller, target);
      const raised = lowers ? hasNice(context, caller, target)?.map(unchanged) : [];
      return permitted && raised && [...permitted, ...raised];
    });
  else if (which === 1 || which === 2) mediator?.unseen();
};

/** A refusal is the module's. */
const unchanged = ({ refusal: _refusal, ...check }: AccessCheck): AccessCheck => check as AccessCheck;

/** (which, who) */
const ioprio_get: Handler = (context) => {
  const { call, mediator } = context;
  if (call.int(0) === IOPRIO_WHO_PROCESS) about(context, call.int(1), 'taskGetioprio');
  else if (call.int(0) === 2 || call.int(0) === 3) mediator?.unseen();
};

/** (which, who, priority) */
const ioprio_set: Handler = (context) => {
  const { call, mediator } = context;
  const priorityClass = call.int(2) >> IOPRIO_CLASS_SHIFT;
  if (priorityClass < 0 || priorityClass > 3 || call.int(0) < 1 || call.int(0) > 3) return;
  if (call.int(0) !== IOPRIO_WHO_PROCESS) {
    mediator?.unseen();
    return;
  }
  about(context, call.int(1), 'taskSetioprio', (caller, target) => {
    const own = hasNice(context, caller, caller);
    const realTime = priorityClass === IOPRIO_CLASS_RT ? own : [];
    const { real } = target.uids;
    const permitted = real === caller.uids.effective || real === caller.uids.real ? [] : own;
    return realTime && permitted && [...realTime, ...permitted];
  });
};

/** (pid, resource, new, old) */
const prlimit64: Handler = (context) => {
  const { call } = context;
  limit(context, call.int(0), call.low(1), call.isNull(2) ? undefined : 2, !call.isNull(3));
};
/** (resource, new) */
const setrlimit: Handler = (context) => limit(context, 0, context.call.low(0), 1, false);

function limit(
  context: WorkerContext,
  number: number,
  resource: number,
  argument: number | undefined,
  read: boolean,
): void {
  const { call, memory, view } = context;
  if (resource >= RLIM_NLIMITS) return;
  let wanted: readonly [soft: bigint, hard: bigint] | undefined;
  if (argument !== undefined) {
    if (memory.read(call.tid, call.low(argument), call.high(argument), 16) < 16) return;
    const given = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 16);
    wanted = [given.getBigUint64(0, true), given.getBigUint64(8, true)];
  }
  const target = taskNumber(context, number);
  const caller = taskIdentity(view, call.tid);
  const other = target === undefined ? undefined : taskIdentity(view, target);
  if (caller === undefined || other === undefined) return;
  const checks: AccessCheck[] = [];
  if (other.tid !== caller.tid) {
    const { uids, gids } = other;
    const same = (id: number, { real, effective, saved }: TaskIdentity['uids']) =>
      id === real && id === effective && id === saved;
    const match = same(caller.uids.real, uids) && same(caller.gids.real, gids);
    const permitted = match ? [] : byCapability(view, caller, other, CAP.SYS_RESOURCE);
    if (permitted === undefined) return;
    checks.push(...permitted, { hook: 'taskPrlimit', about: { target: other.tid, read, write: wanted !== undefined } });
  }
  const hard = wanted === undefined ? undefined : hardLimit(context, other.tid, resource);
  if (wanted !== undefined && hard !== undefined) {
    const raises = wanted[1] > hard ? byCapability(view, caller, caller, CAP.SYS_RESOURCE) : [];
    if (wanted[0] <= wanted[1] && raises !== undefined)
      checks.push(...raises, {
        hook: 'taskSetrlimit',
        about: { target: other.tid, resource, hard: wanted[1] !== hard },
      });
  }
  refuse(context, checks);
}

function hardLimit({ view }: WorkerContext, tid: Tid, resource: number): bigint | undefined {
  const line = view
    .readFile(AT_FDCWD, `/proc/${tid}/limits`)
    ?.split('\n')
    .find((text) => text.startsWith(LIMIT_NAMES[resource] ?? '\n'));
  const hard = line?.slice(26).trim().split(/ +/)[1];
  if (hard === undefined) return undefined;
  return hard === 'unlimited' ? (1n << 64n) - 1n : BigInt(hard);
}

/** (header, data): struct { u32 version; int pid; } */
const capget: Handler = (context) => {
  const { call, memory } = context;
  if (call.isNull(1) || memory.read(call.tid, call.low(0), call.high(0), 8) < 8) return;
  const header = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 8);
  if (header.getUint32(0, true) === LINUX_CAPABILITY_VERSION_3) about(context, header.getInt32(4, true), 'capget');
};

/** (header, data): two struct { u32 effective, permitted, inheritable; } */
const capset: Handler = (context) => {
  const { call, memory, view } = context;
  if (memory.read(call.tid, call.low(0), call.high(0), 8) < 8) return;
  const header = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 8);
  const [version, number] = [header.getUint32(0, true), header.getInt32(4, true)];
  if (version !== LINUX_CAPABILITY_VERSION_3 || taskNumber(context, number) !== call.tid) return;
  if (memory.read(call.tid, call.low(1), call.high(1), 24) < 24) return;
  const data = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 24);
  const set = (at: number): bigint => BigInt(data.getUint32(at, true)) | (BigInt(data.getUint32(at + 12, true)) << 32n);
  const [effective, permitted, inheritable] = [set(0), set(4), set(8)];
  const own = taskIdentity(view, call.tid);
  if (own === undefined) return;
  const within = (some: bigint, all: bigint): boolean => (some & ~all) === 0n;
  const free = hasCapability(own.effective, CAP.SETPCAP);
  const allowed =
    (free || within(inheritable, own.inheritable | own.permitted)) &&
    within(inheritable, own.inheritable | own.bounding) &&
    within(permitted, own.permitted) &&
    within(effective, permitted);
  if (allowed) refuse(context, [{ hook: 'capset', about: {} }]);
};

/** The number of a task that is not 0, which stands for the caller. */
const ofAnother: readonly ArgumentTest[] = [{ argument: 0, has: 0xffffffff }];

export const calls: readonly SupervisedCall[] = [
  { name: 'getpgid', when: 'mediate-tasks', rule: ofAnother, handle: getpgid },
  { name: 'getsid', when: 'mediate-tasks', rule: ofAnother, handle: getsid },
  ...always('mediate-tasks', {
    setpgid,
    sched_getscheduler,
    sched_rr_get_interval,
    sched_getparam,
    sched_getattr,
    sched_getaffinity,
    sched_setaffinity,
    sched_setscheduler,
    sched_setparam,
    sched_setattr,
    nice,
    setpriority,
    ioprio_get,
    ioprio_set,
    prlimit64,
    setrlimit,
    capget,
    capset,
  }),
];
