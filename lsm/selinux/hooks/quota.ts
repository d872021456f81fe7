/** What quotactl(2) asks for: selinux_quotactl() of security/selinux/hooks.c, Linux 6.12. */
import { Q } from '../../../linux/quota.ts';

const PERMISSIONS: ReadonlyMap<number, 'quotamod' | 'quotaget'> = new Map([
  ...[Q.SYNC, Q.QUOTAON, Q.QUOTAOFF, Q.SETINFO, Q.SETQUOTA, Q.XQUOTAOFF, Q.XQUOTAON, Q.XSETQLIM].map(
    (command) => [command, 'quotamod'] as const,
  ),
  ...[Q.GETFMT, Q.GETINFO, Q.GETQUOTA, Q.XGETQUOTA, Q.XGETQSTAT, Q.XGETQSTATV, Q.XGETNEXTQUOTA].map(
    (command) => [command, 'quotaget'] as const,
  ),
]);

/** `undefined`: the command is not asked about. */
export const quotaPermission = (command: number): 'quotamod' | 'quotaget' | undefined => PERMISSIONS.get(command);
