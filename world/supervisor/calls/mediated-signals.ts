/**
 * What sending a signal asks the modules: check_kill_permission() of kernel/signal.c, Linux 6.12. The kernel's own
 * reasons to refuse come first, and are left to it.
 */

import { CAP } from '../../../linux/capability.ts';
import type { Tid } from '../../../linux/ids.ts';
import { SIGCONT } from '../../../linux/signal.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { byCapability, type Permitted, type TaskIdentity, taskGroup, taskIdentity } from '../access/task-state.ts';
import type { WorkerContext } from '../context.ts';
import { noteSignal } from './audit-signals.ts';
import { signalHandlers } from './signal-calls.ts';
import { always } from './supervised-call.ts';

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
    const { call, mediator } = context;
    const sender = taskIdentity(context.view, call.tid);
    const members = sender === undefined ? [] : membersOf(context, group);
    if (sender === undefined || members.length === 0) return;
    let refused = 0;
    for (const member of members.map((tid) => receiver(context, sender, tid, signal))) {
      if (member?.permitted === undefined) continue;
      const answer = mediator?.decide(call.tid, asked(member, signal)) ?? 0;
      if (answer === 0) refused = -1;
      else if (refused >= 0) refused = answer;
    }
    if (refused <= 0) return;
    noteSignal(context, signal, { group });
    call.fail(refused);
  },
  toEverybody: ({ mediator }) => mediator?.unseen(),
});

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
  const session = signal === SIGCONT ? taskGroup(view, sender.tid)?.session : undefined;
  if (session === undefined || session !== taskGroup(view, tid)?.session) return { target, permitted };
  // Within a session it goes on without the capability, which is asked about first.
  return { target, permitted: permitted?.map((check) => ({ ...check, refusal: 'ignored' as const })) ?? [] };
}

/** Processes of a group. */
function membersOf({ view }: WorkerContext, group: number): Tid[] {
  return view.processes().filter((tid) => taskGroup(view, tid)?.group === group);
}

export const calls = always('mediate-tasks', decide);
