/** Asks the modules about each of several tasks that one argument of a system call means: those of a process group, or of a user. */
import { ERRNO } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { CallerView } from '../caller/caller-view.ts';
import { idHere } from '../caller/id-map.ts';
import type { WorkerContext } from '../context.ts';
import { type Permitted, type TaskIdentity, taskGroup, taskIdentity, taskNumber } from './task-state.ts';

/** About more tasks nobody is asked. */
const MOST_TASKS = 1024;

export interface Answers {
  /** Does a module refuse one? */
  readonly isRefused: boolean;
  /** Of each that is still there: a positive errno, or 0. */
  readonly results: readonly number[];
  readonly allowed: readonly Tid[];
}

/**
 * @param tasks `undefined` = they are not known. @param asked what the modules are asked about one.
 * @returns `undefined`: they were not asked.
 */
export function askAboutEach(
  { call, mediator, view }: WorkerContext,
  tasks: readonly Tid[] | undefined,
  asked: (caller: TaskIdentity, target: TaskIdentity) => Permitted,
): Answers | undefined {
  const caller = taskIdentity(view, call.tid);
  if (caller === undefined) return undefined;
  if (tasks === undefined || tasks.length > MOST_TASKS) {
    mediator?.unseen();
    return undefined;
  }
  const results: number[] = [];
  const allowed: Tid[] = [];
  let isRefused = false;
  for (const tid of tasks) {
    const target = taskIdentity(view, tid);
    const checks = target && asked(caller, target);
    const refused = checks && (mediator?.decide(call.tid, checks) ?? 0);
    isRefused ||= refused !== undefined && refused !== 0;
    if (target !== undefined) results.push(refused ?? ERRNO.EPERM);
    if (refused === 0) allowed.push(tid);
  }
  return { isRefused, results, allowed };
}

/** @param group by our number. */
export function processesOfGroup(view: CallerView, group: number): Tid[] {
  return view.processes().filter((tid) => taskGroup(view, tid)?.group === group);
}

/** The threads of the caller's process group `number`, 0 = its own, in the kernel's order: who has joined last comes first. */
export function threadsOfGroup(context: WorkerContext, number: number): readonly Tid[] {
  const { call, view } = context;
  const group = number === 0 ? taskGroup(view, call.tid)?.group : taskNumber(context, number);
  return group === undefined
    ? []
    : processesOfGroup(view, group)
        .reverse()
        .flatMap((process) => view.threads(process));
}

/** The threads in the caller's pid namespace whose real user is `uid`; `undefined` = that cannot be told. */
export function threadsOfUser({ call, namespaces, view }: WorkerContext, uid: number): readonly Tid[] | undefined {
  const processes = namespaces.inCallers(call.tid, view.processes());
  const threads = processes && [...processes.keys()].flatMap((process) => view.threads(process));
  return threads?.filter((tid) => taskIdentity(view, tid)?.uids.real === uid);
}

/** Our number of a user of the caller's user namespace; `undefined` = there is none. */
export function userHere({ call, view }: WorkerContext, number: number): number | undefined {
  return idHere(view, call.tid, 'uid', number >>> 0);
}
