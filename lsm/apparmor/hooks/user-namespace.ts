/** May a task make a user namespace? apparmor_userns_create() and aa_profile_ns_perm() of security/apparmor, Linux 6.12. */
import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Task } from '../../framework/task.ts';
import { usernsRecord } from '../decide/audit.ts';
import { checkPermissions, classPermissions } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';

const CLASS_NS = 21;
/** AA_USERNS_CREATE */
const CREATE = 8;

export function refuseUserns(security: ApparmorSecurity, task: Task, caller: Caller): Errno | undefined {
  const errors = security
    .labels(task)
    .label.newest()
    .profiles.map((profile) => {
      const permissions = classPermissions(profile, CLASS_NS, Uint8Array.of());
      if (permissions === undefined) return undefined;
      const { error, record } = checkPermissions(permissions, CREATE);
      if (record !== undefined) security.audit(usernsRecord(record, profile, caller));
      return error;
    });
  return errors.findLast((error) => error !== undefined);
}
