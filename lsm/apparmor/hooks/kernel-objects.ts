/**
 * May a task make a user namespace, or an io_uring that a thread of the kernel serves? apparmor_userns_create(), aa_profile_ns_perm(),
 * apparmor_uring_sqpoll() and profile_uring() of security/apparmor, Linux 6.12.
 */
import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Task } from '../../framework/task.ts';
import { type KernelObject, objectRecord } from '../decide/audit.ts';
import { checkPermissions, classPermissions } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';

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

function refuse(security: ApparmorSecurity, task: Task, making: Making, caller: Caller): Errno | undefined {
  const errors = security
    .labels(task)
    .label.newest()
    .profiles.filter((profile) => making.asksUnconfined || !profile.unconfined)
    .map((profile) => {
      const permissions = classPermissions(profile, making.number, Uint8Array.of());
      if (permissions === undefined) return undefined;
      const { error, record } = checkPermissions(permissions, making.request);
      if (record !== undefined) security.audit(objectRecord(record, profile, making, caller));
      return error;
    });
  return errors.findLast((error) => error !== undefined);
}

export function refuseUserns(security: ApparmorSecurity, task: Task, caller: Caller): Errno | undefined {
  return refuse(security, task, USERNS, caller);
}

export function refuseSqpoll(security: ApparmorSecurity, task: Task, caller: Caller): Errno | undefined {
  return refuse(security, task, SQPOLL, caller);
}
