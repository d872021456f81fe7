/** Asks the modules about a task that an argument of a system call names. */
import type { Tid } from '../../../linux/ids.ts';
import type { AccessArguments, AccessCheck, AccessHook } from '../../../lsm/framework/access/access.ts';
import type { WorkerContext } from '../context.ts';
import { refuse } from './calls.ts';
import { type Permitted, type TaskIdentity, taskIdentity, taskNumber } from './task-state.ts';

/** Hooks that are asked about a task alone. */
type PlainHook = {
  [Name in AccessHook]: { readonly target: Tid } extends AccessArguments[Name] ? Name : never;
}[AccessHook] &
  AccessHook;

/** @param number the argument. @param permits what the kernel itself says to it. */
export function aboutTask(
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
