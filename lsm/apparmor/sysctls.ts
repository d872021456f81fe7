/**
 * Sysctls of AppArmor: three numbers below /proc/sys/kernel that only who may change policy may touch.
 *
 * apparmor_sysctl_table of security/apparmor/lsm.c, Linux 6.12. They concern user namespaces and sockets, which are the running kernel's.
 */
import type { InodeNumbers } from '../../vfs/builders/index.ts';
import type { Caller } from '../../vfs/caller.ts';
import { E } from '../../vfs/errno.ts';
import type { Node } from '../../vfs/node.ts';
import { SysctlInt } from '../core/sysctl-int.ts';

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;

const INITIAL: Readonly<Record<string, number>> = {
  unprivileged_userns_apparmor_policy: 1,
  apparmor_display_secid_mode: 0,
  apparmor_restrict_unprivileged_unconfined: 0,
};

export function apparmorSysctls(
  numbers: InodeNumbers,
  mayAdminister: (caller: Caller) => boolean,
): ReadonlyMap<string, Node> {
  return new Map(
    Object.entries(INITIAL).map(([name, initial]) => {
      let value = initial;
      const node = new SysctlInt(
        { ino: numbers.next(), mode: 0o600 },
        {
          read: () => value,
          check: (caller) => (mayAdminister(caller) ? undefined : E.EPERM),
          range: () => ({ min: INT_MIN, max: INT_MAX }),
          store: (written) => {
            value = written;
          },
        },
      );
      return [`kernel/${name}`, node];
    }),
  );
}
