/** A decision by rules of any class but files, once the mode of the profile has been heard: aa_check_perms() of security/apparmor/lib.c. */
import { E, type Errno } from '../../../linux/errno.ts';
import type { Permissions } from '../policy/permissions.ts';

export interface CheckRecord {
  readonly type: 'AUDIT' | 'ALLOWED' | 'DENIED' | 'KILLED';
  /** Bits. */
  readonly requested: number;
  readonly denied: number;
}

export interface Checked {
  readonly error?: Errno;
  /** What is to be logged, if anything. */
  readonly record?: CheckRecord;
}

/** @param permissions with the mode applied. */
export function checkPermissions(permissions: Permissions, request: number): Checked {
  const { allow, deny, audit, quiet, hide, kill, complain } = permissions;
  const denied = request & (~allow | deny);
  if (denied === 0) {
    const requested = request & audit;
    return requested === 0 ? {} : { record: { type: 'AUDIT', requested, denied: 0 } };
  }
  const error = (denied & ~hide) === 0 ? E.ENOENT : E.EACCES;
  // An explicit denial is silent, and in force whatever the mode.
  const reported = denied & ~quiet;
  if (reported === 0) return { error };
  if ((denied & kill) !== 0) return { error, record: { type: 'KILLED', requested: request, denied: reported } };
  if ((denied & ~complain) === 0) return { record: { type: 'ALLOWED', requested: request, denied: reported } };
  return { error, record: { type: 'DENIED', requested: request, denied: reported } };
}
