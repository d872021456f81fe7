/**
 * What sending a signal asks the modules: check_kill_permission() of kernel/signal.c, Linux 6.12. The kernel's own
 * reasons to refuse come first, and are left to it.
 */

import { CAP } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { SI_TKILL, SIGCONT } from '../../../linux/signal.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import {
  byCapability,
  type Permitted,
  type TaskIdentity,
  taskGroup,
  taskIdentity,
  taskNumber,
} from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { always } from './supervised-call.ts';

const SIGNALS = 64;
/** struct siginfo: int si_signo, si_errno, si_code. */
const SIGINFO_CODE = 8;

/** (pid, signal). 0 and negative numbers are process groups; the call fails only if no process may be signalled. */
const kill: Handler = (context) => {
  const { call, mediator } = context;
  const number = call.int(0);
  const signal = call.int(1);
  if (number > 0) {
    send(context, number, signal);
    return;
  }
  const sender = isSignal(signal) && number !== -1 ? taskIdentity(context.view, call.tid) : undefined;
  const leader = number === 0 ? call.tid : taskNumber(context, -number);
  if (sender === undefined || leader === undefined) {
    if (number === -1) mediator?.unseen();
    return;
  }
  const group = number === 0 ? taskGroup(context.view, leader)?.group : leader;
  const members = group === undefined ? [] : membersOf(context, group);
  if (members.length === 0) return;
  let refused = 0;
  for (const member of members.map((tid) => receiver(context, sender, tid, signal))) {
    if (member?.permitted === undefined) continue;
    const answer = mediator?.decide(call.tid, asked(member, signal)) ?? 0;
    if (answer === 0) refused = -1;
    else if (refused >= 0) refused = answer;
  }
  if (refused > 0) call.fail(refused);
};

/** (tid, signal) */
const tkill: Handler = (context) => sendTo(context, context.call.int(0), context.call.int(1));

/** (tgid, tid, signal) */
const tgkill: Handler = (context) => sendTo(context, context.call.int(1), context.call.int(2), 0);

/** (pid, signal, siginfo) */
const rt_sigqueueinfo: Handler = (context) => {
  const { call } = context;
  if (fromUser(context, 2, () => taskNumber(context, call.int(0)))) sendTo(context, call.int(0), call.int(1));
};

/** (tgid, tid, signal, siginfo) */
const rt_tgsigqueueinfo: Handler = (context) => {
  const { call } = context;
  if (fromUser(context, 3, () => taskNumber(context, call.int(1)))) sendTo(context, call.int(1), call.int(2), 0);
};

/** (pidfd, signal, siginfo, flags) */
const pidfd_send_signal: Handler = (context) => {
  const { call, view } = context;
  const info = view.readFile(AT_FDCWD, `/proc/${call.tid}/fdinfo/${call.fd(0)}`);
  // fdinfo of our procfs shows ids of our pid namespace: 0 = not in it, -1 = the process has ended.
  const target = Number(info === undefined ? undefined : /^Pid:\t(-?\d+)$/m.exec(info)?.[1]);
  if (target > 0 && (call.isNull(2) || fromUser(context, 2, () => tidOf(target))))
    send(context, target, call.int(1), tidOf(target));
};

function sendTo(context: WorkerContext, number: number, signal: number, groupArgument?: number): void {
  if (number > 0) send(context, number, signal, undefined, groupArgument);
}

function send(
  context: WorkerContext,
  number: number,
  signal: number,
  known = taskNumber(context, number),
  groupArgument?: number,
): void {
  const { call, mediator, view } = context;
  if (!isSignal(signal) || known === undefined) return;
  const sender = taskIdentity(view, call.tid);
  const found = sender && receiver(context, sender, known, signal);
  if (found?.permitted === undefined) return;
  if (groupArgument !== undefined && taskNumber(context, call.int(groupArgument)) !== found.target.tgid) return;
  const refused = mediator?.decide(call.tid, asked(found, signal)) ?? 0;
  if (refused !== 0) call.fail(refused);
}

const isSignal = (signal: number): boolean => signal >= 0 && signal <= SIGNALS;

function asked({ target, permitted = [] }: Receiver, signal: number): AccessCheck[] {
  return [...permitted, { hook: 'taskKill', about: { target: target.tid, signal } }];
}

interface Receiver {
  readonly target: TaskIdentity;
  readonly permitted: Permitted;
}

/** kill_ok_by_cred(); `undefined` = it is gone. */
function receiver({ view }: WorkerContext, sender: TaskIdentity, tid: Tid, signal: number): Receiver | undefined {
  const target = taskIdentity(view, tid);
  if (target === undefined) return undefined;
  const { real, effective } = sender.uids;
  const { uids } = target;
  if (sender.tgid === target.tgid || [uids.saved, uids.real].some((uid) => uid === effective || uid === real))
    return { target, permitted: [] };
  const permitted = byCapability(view, sender, target, CAP.KILL);
  if (permitted !== undefined || signal !== SIGCONT) return { target, permitted };
  const sameSession = taskGroup(view, sender.tid)?.session === taskGroup(view, tid)?.session;
  return { target, permitted: sameSession ? [] : undefined };
}

/** Processes of a group. */
function membersOf({ view }: WorkerContext, group: number): Tid[] {
  return view.processes().filter((tid) => taskGroup(view, tid)?.group === group);
}

/**
 * SI_FROMUSER(), and no si_code that rt_sigqueueinfo(2) refuses for another process.
 * @param target who gets the signal, by the number of our pid namespace.
 */
function fromUser({ call, memory }: WorkerContext, argument: number, target: () => Tid | undefined): boolean {
  const size = SIGINFO_CODE + 4;
  if (memory.read(call.tid, call.low(argument), call.high(argument), size) < size) return false;
  const code = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, size).getInt32(SIGINFO_CODE, true);
  if (code > 0) return false;
  return (code !== 0 && code !== SI_TKILL) || target() === call.tid;
}

export const calls = always('mediate-tasks', {
  kill,
  tkill,
  tgkill,
  rt_sigqueueinfo,
  rt_tgsigqueueinfo,
  pidfd_send_signal,
});
