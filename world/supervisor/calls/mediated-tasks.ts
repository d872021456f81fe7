/**
 * What the calls about process groups, sessions, limits and capabilities ask the modules: kernel/sys.c and
 * kernel/capability.c, Linux 6.12. The kernel's own reasons to refuse come first, and are left to it.
 */

import type { ArgumentTest } from '../../../host/seccomp/bpf.ts';
import { CAP, capabilityStructs, hasCapability } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import { PF_FORKNOEXEC, RLIM_NLIMITS } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { aboutTask } from '../access/about-task.ts';
import { refuse } from '../access/calls.ts';
import { limitsOf } from '../access/limits.ts';
import {
  byCapability,
  type TaskIdentity,
  taskGroup,
  taskIdentity,
  taskNumber,
  taskStat,
} from '../access/task-state.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always, REMEMBERING, type SupervisedCall, unlessNull } from './supervised-call.ts';

const { EFAULT } = ERRNO;
/** struct __user_cap_data_struct { u32 effective, permitted, inheritable; } */
const STRUCT_SIZE = 12;

/** (pid): of another, or oneself by number */
const getpgid: Handler = (context) => {
  if (context.call.int(0) !== 0) aboutTask(context, context.call.int(0), 'taskGetpgid');
};

/** (pid) */
const getsid: Handler = (context) => {
  if (context.call.int(0) !== 0) aboutTask(context, context.call.int(0), 'taskGetsid');
};

/** (pid, pgid) */
const setpgid: Handler = (context) => {
  const { call, view } = context;
  const [number, group] = [call.int(0), call.int(1)];
  if (group < 0) return;
  aboutTask(context, number, 'taskSetpgid', (caller, target) => {
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
    const theirs = taskGroup(view, tid);
    return theirs?.group === group && theirs.session === session;
  });
}

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
  const hard = wanted === undefined ? undefined : limitsOf(view, other.tid, resource)?.hard;
  if (wanted !== undefined && hard !== undefined) {
    const raises = wanted[1] > hard ? byCapability(view, caller, caller, CAP.SYS_RESOURCE) : [];
    if (wanted[0] <= wanted[1] && raises !== undefined)
      checks.push(...raises, {
        hook: 'taskSetrlimit',
        about: { target: other.tid, resource, hard: wanted[1] !== hard, limit: wanted[1] },
      });
  }
  refuse(context, checks);
}

/** (header, data): struct { u32 version; int pid; } */
const capget: Handler = (context) => {
  const { call, memory } = context;
  if (call.isNull(1) || memory.read(call.tid, call.low(0), call.high(0), 8) < 8) return;
  const header = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 8);
  const number = header.getInt32(4, true);
  const structs = capabilityStructs(header.getUint32(0, true));
  if (structs === undefined) return; // EINVAL
  aboutTask(context, number, 'capget');
  if (!call.answered) showCapabilities(context, taskNumber(context, number), structs);
};

/** Where modules show less than what the task has, the call is answered here. */
function showCapabilities({ ask, call, memory, view }: WorkerContext, target: Tid | undefined, structs: 1 | 2): void {
  const shown = target === undefined ? undefined : ask({ kind: 'shown-capabilities', target })?.value;
  const task = target === undefined || shown === undefined ? undefined : taskIdentity(view, target);
  if (task === undefined || shown === undefined) return;
  const sets = [task.effective & shown, task.permitted & shown, task.inheritable];
  const halves = structs === 1 ? sets : [...sets, ...sets.map((set) => set >> 32n)];
  const words = halves.map((half) => Number(half & 0xffffffffn));
  if (memory.write(call.tid, call.low(1), call.high(1), new Uint8Array(Uint32Array.from(words).buffer)))
    call.succeed(0);
  else call.fail(EFAULT);
}

/** (header, data). Answers about files may depend on capabilities. */
const capset: Handler = (context) => {
  const { call, memory, mediator, view } = context;
  mediator?.subjects.forget(call.tid);
  if (mediator?.families.has('tasks') !== true) return;
  if (memory.read(call.tid, call.low(0), call.high(0), 8) < 8) return;
  const header = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 8);
  const [structs, number] = [capabilityStructs(header.getUint32(0, true)), header.getInt32(4, true)];
  if (structs === undefined || taskNumber(context, number) !== call.tid) return;
  const size = STRUCT_SIZE * structs;
  if (memory.read(call.tid, call.low(1), call.high(1), size) < size) return;
  const data = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, size);
  const half = (at: number): bigint => (at < size ? BigInt(data.getUint32(at, true)) : 0n);
  const set = (at: number): bigint => half(at) | (half(at + STRUCT_SIZE) << 32n);
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
  // Nobody is asked who looks at his own limits, as each program does that begins.
  ...unlessNull('mediate-tasks', 'prlimit64', [0, 2], prlimit64),
  ...always('mediate-tasks', {
    setpgid,
    setrlimit,
    capget,
    capset,
  }),
  ...REMEMBERING.flatMap((family) => always(family, { capset })),
];
