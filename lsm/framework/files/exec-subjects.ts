/**
 * Are all tasks of a stack the same to modules that decide about programs? Then what one may execute, without a change, all may.
 *
 * Model: children have what their parents have, so it stays so until a task changes its label, or one comes from outside. Of modules
 * that decide about programs and lack the hook `execSubject` nothing is known.
 */
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';

/** Of more tasks it is not found out. */
const MOST = 1024;

export interface ExecSubjectsHost {
  readonly hooks: Pick<HookList, 'accompanies' | 'collect'>;
  tasks(): Iterable<Task>;
}

export function areAlikeAtExec({ hooks, tasks }: ExecSubjectsHost): boolean {
  if (!hooks.accompanies('execSubject', ['bprmCredsForExec', 'bprmCheckSecurity', 'bprmKeepsLabel'])) return false;
  let first: readonly unknown[] | undefined;
  let seen = 0;
  for (const task of tasks()) {
    const subject = hooks.collect('execSubject', task);
    if (++seen > MOST || subject.includes(undefined)) return false;
    first ??= subject;
    if (!subject.every((part, index) => part === first?.[index])) return false;
  }
  return true;
}
