/**
 * May a task choose its default module? The stacking patches ask for a permission of class process2, which has had two names. A policy that
 * defines neither has nothing against it. As any check it is made in the task's namespace and in those around it.
 */

import { AUDIT } from '../../../linux/audit.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { avcRecord } from '../decide/audit.ts';
import { computeAv, FLAG_PERMISSIVE, formatContext } from '../decide/index.ts';
import type { SelinuxState } from '../decide/state.ts';
import { checkEach, type TaskSecurity } from '../namespaces/task-security.ts';
import type { Sid } from '../policy/index.ts';

const PERMISSIONS = ['setinterface_lsm', 'setdisplay'];

export function refuseSetDefault(security: TaskSecurity, caller: Caller): Errno | undefined {
  return checkEach(security, ({ namespace, current }) => refuse(namespace.state, current, caller));
}

function refuse(state: SelinuxState, sid: Sid, caller: Caller): Errno | undefined {
  const policy = state.loaded?.state;
  const context = state.loaded?.sids.context(sid);
  const process2 = policy?.db.classes.byName('process2');
  const bit = PERMISSIONS.map((name) => process2?.permissions.get(name)).find((value) => value !== undefined);
  if (policy === undefined || context === undefined || process2 === undefined || bit === undefined) return undefined;
  const requested = (1 << (bit - 1)) >>> 0;
  const { allowed, auditdeny, flags } = computeAv(policy, context, context, process2.value);
  if ((allowed & requested) !== 0) return undefined;
  const permissive = !state.enforcing || (flags & FLAG_PERMISSIVE) !== 0;
  if ((auditdeny & requested) !== 0) {
    const text = formatContext(policy.db, context);
    const record = { subject: caller, vector: requested, permissionNames: process2.permissionNames, details: '' };
    const label = { scontext: text, tcontext: text, tclass: process2.name };
    state.log.audit(AUDIT.AVC, avcRecord({ ...record, ...label, denied: { permissive } }));
  }
  return permissive ? undefined : E.EACCES;
}
