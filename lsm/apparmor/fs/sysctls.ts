/**
 * Sysctls of AppArmor: three numbers below /proc/sys/kernel that only who may change policy may touch.
 *
 * apparmor_sysctl_table of security/apparmor/lsm.c, Linux 6.12. They concern user namespaces and sockets, which are the running kernel's.
 */

import { E } from '../../../linux/errno.ts';
import type { InodeNumbers } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Node } from '../../../vfs/tree/node.ts';
import { SysctlInt } from '../../framework/proc/sysctl-int.ts';

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;

/** Present values by name. */
export interface SysctlValues {
  unprivileged_userns_apparmor_policy: number;
  apparmor_display_secid_mode: number;
  /** An unconfined task without CAP_MAC_OVERRIDE can only add to its label. */
  apparmor_restrict_unprivileged_unconfined: number;
}

export function initialSysctls(): SysctlValues {
  return {
    unprivileged_userns_apparmor_policy: 1,
    apparmor_display_secid_mode: 0,
    apparmor_restrict_unprivileged_unconfined: 0,
  };
}

export function apparmorSysctls(
  values: SysctlValues,
  numbers: InodeNumbers,
  mayAdminister: (caller: Caller) => boolean,
): ReadonlyMap<string, Node> {
  return new Map(
    (Object.keys(values) as (keyof SysctlValues)[]).map((name) => {
      const node = new SysctlInt(
        { ino: numbers.next(), mode: 0o600 },
        {
          read: () => values[name],
          check: (caller) => (mayAdminister(caller) ? undefined : E.EPERM),
          range: () => ({ min: INT_MIN, max: INT_MAX }),
          store: (written) => {
            values[name] = written;
          },
        },
      );
      return [`kernel/${name}`, node];
    }),
  );
}
