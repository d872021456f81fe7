/** What handlers of calls that need capabilities, or change whom their caller is judged as, share. */
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { capabilityCheck, refuse } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';

/** Such calls are notified for other families, too, which remember answers for their caller. */
export function ask(context: WorkerContext, checks: readonly AccessCheck[]): void {
  if (asksFor(context)) refuse(context, checks);
}

export const asksFor = ({ mediator }: WorkerContext): boolean => mediator?.families.has('capabilities') === true;

export const needing =
  (capability: number): Handler =>
  (context) =>
    ask(context, capabilityCheck(context, capability));

/** Answers about files may depend on it. */
export function changes({ call, mediator }: WorkerContext): void {
  mediator?.subjects.forget(call.tid);
}
