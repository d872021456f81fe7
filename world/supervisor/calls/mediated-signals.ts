/**
 * What sending a signal asks the modules: check_kill_permission() of kernel/signal.c, Linux 6.12. The kernel's own
 * reasons to refuse come first, and are left to it.
 */

import { sendSignalOf } from '../../../host/process/signal-of-others.ts';
import { statusNumbers } from '../../../host/procfs/status.ts';
import { CAP } from '../../../linux/capability.ts';
import { ERRNO } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import { SIGCONT } from '../../../linux/signal.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { askAboutEach, processesOfGroup } from '../access/several-tasks.ts';
import {
  byCapability,
  type Permitted,
  surelyHas,
  type TaskIdentity,
  taskGroup,
  taskIdentity,
} from '../access/task-state.ts';
import type { WorkerContext } from '../context.ts';
import type { SignalReceivers } from '../protocol/backend.ts';
import { noteSignal } from './audit-signals.ts';
import { signalHandlers } from './signal-calls.ts';
import { always } from './supervised-call.ts';

const { EPERM } = ERRNO;

const decide = signalHandlers({
  toTask: (context, signal, task, process) => {
    const { call, mediator, view } = context;
    const sender = taskIdentity(view, call.tid);
    const found = sender && receiver(context, sender, task, signal);
    if (found?.permitted === undefined || (process !== undefined && process !== found.target.tgid)) return;
    const refused = mediator?.decide(call.tid, asked(found, signal)) ?? 0;
    if (refused === 0) return;
    noteSignal(context, signal, { task, process });
    call.fail(refused);
  },
  /** The call fails only if no process may be signalled. */
  toGroup: (context, signal, group) => {
    const receivers = processesOfGroup(context.view, group);
    const result = (all: readonly number[]): number => (all.includes(0) ? 0 : (all.at(-1) ?? 0));
    toSeveral(context, signal, { receivers, to: { group }, result });
  },
  /** What the last says to whom the kernel itself would have sent it. */
  toEverybody: (context, signal) => {
    const result = (all: readonly number[]): number => all.findLast((one) => one !== EPERM) ?? 0;
    toSeveral(context, signal, { receivers: everybodyElse(context), to: 'everybody', result });
  },
});

interface Several {
  /** `undefined` = unknown. */
  readonly receivers: readonly Tid[] | undefined;
  readonly to: SignalReceivers;
  /** What the call ends with, by what it would have for each receiver: a positive errno or 0. */
  readonly result: (all: readonly number[]) => number;
}

/** Where modules refuse it for some of them the call is answered here. */
function toSeveral(context: WorkerContext, signal: number, { receivers, to, result }: Several): void {
  const { call, view } = context;
  const answers = askAboutEach(context, receivers, (sender, { tid }) => {
    const found = receiver(context, sender, tid, signal);
    return found?.permitted && asked(found, signal);
  });
  const sender = taskIdentity(view, call.tid);
  if (!answers?.isRefused || sender === undefined) return;
  noteSignal(context, signal, to);
  if (signal !== 0) send(context, sender, signal, answers.allowed);
  const errno = result(answers.results);
  if (errno === 0) call.succeed(0);
  else call.fail(errno);
}

/** As far as the sender surely may: we may signal everybody. The sender's own process comes last, and we get none. */
function send(context: WorkerContext, sender: TaskIdentity, signal: number, processes: readonly Tid[]): void {
  const { view } = context;
  const numbers = (tid: Tid): readonly number[] => statusNumbers(view.readStatus(tid) ?? '', 'NSpid');
  // From our pid namespace a signal reaches the first process of another as none does that is sent there.
  const isAmongOurs = numbers(sender.tid).length === 1;
  const isReached = (tid: Tid): boolean => isAmongOurs || numbers(tid).at(-1) !== 1;
  const isOwn = (tid: Tid): boolean => tid === sender.tgid;
  const from = { pid: sender.tgid, uid: sender.uids.real };
  for (const tid of [...processes.filter((one) => !isOwn(one)), ...processes.filter(isOwn)])
    if (tid !== process.pid && isReached(tid))
      sendSignalOf(from, tid, signal, () => receiver(context, sender, tid, signal)?.isSure === true);
}

/** Whom kill(-1) is for; `undefined` = that cannot be told. */
function everybodyElse({ call, namespaces, view }: WorkerContext): readonly Tid[] | undefined {
  const own = taskIdentity(view, call.tid)?.tgid;
  const numbers = namespaces.inCallers(call.tid, view.processes());
  return numbers && [...numbers].flatMap(([tid, number]) => (number > 1 && tid !== own ? [tid] : []));
}

function asked({ target, permitted = [] }: Receiver, signal: number): AccessCheck[] {
  return [...permitted, { hook: 'taskKill', about: { target: target.tid, signal } }];
}

interface Receiver {
  readonly target: TaskIdentity;
  readonly permitted: Permitted;
  /** The kernel permits it for sure; else it may do so by what is not known of user namespaces. */
  readonly isSure: boolean;
}

/** kill_ok_by_cred(); `undefined` = it is gone. */
function receiver({ view }: WorkerContext, sender: TaskIdentity, tid: Tid, signal: number): Receiver | undefined {
  const target = taskIdentity(view, tid);
  if (target === undefined) return undefined;
  const { real, effective } = sender.uids;
  const { uids } = target;
  if (sender.tgid === target.tgid || [uids.saved, uids.real].some((uid) => uid === effective || uid === real))
    return { target, permitted: [], isSure: true };
  const permitted = byCapability(view, sender, target, CAP.KILL);
  const session = signal === SIGCONT ? taskGroup(view, sender.tid)?.session : undefined;
  if (session === undefined || session !== taskGroup(view, tid)?.session)
    return { target, permitted, isSure: surelyHas(view, sender, target, CAP.KILL) };
  // Within a session it goes on without the capability, which is asked about first.
  const without = permitted?.map((check) => ({ ...check, refusal: 'ignored' as const })) ?? [];
  return { target, permitted: without, isSure: true };
}

export const calls = always('mediate-tasks', decide);
