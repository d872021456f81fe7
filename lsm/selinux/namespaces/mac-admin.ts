/**
 * CAP_MAC_ADMIN as capability and by policy, in every namespace that bounds the task: who may use contexts that a
 * policy does not understand.
 */

import { CAP } from '../../../linux/capability.ts';
import { E } from '../../../linux/errno.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import { checkEach, type TaskSecurity } from './task-security.ts';

const DETAILS = ` capability=${CAP.MAC_ADMIN} `;

export function hasMacAdmin(security: TaskSecurity, caller: Caller, audited: boolean): boolean {
  if (!capable(caller, CAP.MAC_ADMIN)) return false;
  const refused = checkEach(security, ({ namespace: { state }, current }) => {
    if (audited) return state.check(caller, current, current, 'capability2', 'mac_admin', DETAILS);
    return state.allows(current, current, 'capability2', 'mac_admin') ? undefined : E.EACCES;
  });
  return refused === undefined;
}
