/**
 * May a task make a user namespace, or an io_uring that a thread of the kernel serves, or use credentials that one keeps?
 * apparmor_userns_create(), aa_profile_ns_perm(), apparmor_uring_*() and profile_uring() of security/apparmor, Linux 6.12.
 */
import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Task } from '../../framework/task.ts';
import { type KernelObject, objectRecord } from '../decide/audit.ts';
import { checkPermissions, classPermissions, peerPermissions } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import type { Label } from '../policy/index.ts';

interface Making extends KernelObject {
  /** AA_CLASS_*, AA_*_CREATE */
  readonly number: number;
  readonly request: number;
  /** Profiles in unconfined mode are asked, too. */
  readonly asksUnconfined: boolean;
}

const USERNS: Making = {
  number: 21,
  request: 8,
  asksUnconfined: false,
  operation: 'userns_create',
  class: 'namespace',
  permission: 'userns_create',
};
const SQPOLL: Making = {
  number: 22,
  request: 0x10,
  asksUnconfined: true,
  operation: 'uring_sqpoll',
  class: 'io_uring',
  permission: 'sqpoll',
};
const OVERRIDE: Making = {
  ...SQPOLL,
  request: 8,
  operation: 'uring_override',
  permission: 'override_creds',
};

/** @param target whose credentials are used; absent = there is none. */
function refuse(
  security: ApparmorSecurity,
  task: Task,
  making: Making,
  caller: Caller,
  target?: Label,
): Errno | undefined {
  const errors = security
    .labels(task)
    .label.newest()
    .profiles.filter((profile) => making.asksUnconfined || !profile.unconfined)
    .map((profile) => {
      const whole = classPermissions(profile, making.number, Uint8Array.of());
      if (whole === undefined) return undefined;
      const permissions =
        target === undefined ? whole : peerPermissions(profile, Uint8Array.of(making.number), target, making.request);
      const { error, record } = checkPermissions(permissions, making.request);
      if (record !== undefined) security.audit(objectRecord(record, profile, making, caller, target));
      return error;
    });
  return errors.findLast((error) => error !== undefined);
}

export function refuseUserns(security: ApparmorSecurity, task: Task, caller: Caller): Errno | undefined {
  return refuse(security, task, USERNS, caller);
}

/** @param maker who registered the credentials, in the state of then. */
export function refuseOverride(security: ApparmorSecurity, task: Task, maker: Task, caller: Caller): Errno | undefined {
  return refuse(security, task, OVERRIDE, caller, security.labels(maker).label.newest());
}

export function refuseSqpoll(security: ApparmorSecurity, task: Task, caller: Caller): Errno | undefined {
  return refuse(security, task, SQPOLL, caller);
}
