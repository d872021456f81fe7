/** Who else decides about what a task does: the namespaces around its own. */
import { failed } from '../../../linux/errno.ts';
import { displayName } from '../inspect.ts';
import type { TaskSecurity } from '../namespaces/task-security.ts';

/** A namespace that bounds a task of one inside it. */
export interface PolicyBound {
  readonly namespace: string;
  /** What the task is there. */
  readonly context: string;
  readonly enforcing: boolean;
}

/** Innermost first, as far as they have a say. */
export function boundsOf({ namespace: { rules }, outer }: TaskSecurity): PolicyBound[] {
  if (outer === undefined || !rules.bounded) return [];
  const { state } = outer.namespace;
  const context = state.sidToContext(outer.current, true);
  const rest = boundsOf(outer);
  // Without a policy everything is allowed there.
  if (state.loaded === undefined || failed(context)) return rest;
  return [{ namespace: displayName(outer.namespace), context, enforcing: state.enforcing }, ...rest];
}
