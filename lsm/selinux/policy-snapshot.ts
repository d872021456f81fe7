/**
 * What explains a decision outside of the world: the policy of a task's namespace, and who else decides about what the task does.
 */
import { failed, type Result } from '../../vfs/errno.ts';
import type { PolicyBound, PolicySnapshot } from '../core/module.ts';
import { displayName } from './inspect.ts';
import type { TaskSecurity } from './task-security.ts';

export function policySnapshot(security: TaskSecurity): Result<PolicySnapshot> {
  const { state } = security.namespace;
  const image = state.dump();
  return failed(image) ? image : { image, enforcing: state.enforcing, bounds: boundsOf(security) };
}

function boundsOf({ namespace: { rules }, outer }: TaskSecurity): PolicyBound[] {
  if (outer === undefined || !rules.bounded) return [];
  const { state } = outer.namespace;
  const context = state.sidToContext(outer.current, true);
  const rest = boundsOf(outer);
  // Without a policy everything is allowed there.
  if (state.loaded === undefined || failed(context)) return rest;
  return [{ namespace: displayName(outer.namespace), context, enforcing: state.enforcing }, ...rest];
}
