/** SELinux of the machine's own kernel. */
import { existsSync, readFileSync } from 'node:fs';

/** Without a supervisor the daemon mounts over /proc/<pid>/attr, which Debian's policy allows nobody (`mounton` of a process). */
export const NO_MOUNTS_OVER_ATTR = 'SELinux of the host enforces: nothing is mounted over /proc/PID/attr';

export function hostEnforces(): boolean {
  const enforce = '/sys/fs/selinux/enforce';
  return existsSync(enforce) && readFileSync(enforce, 'latin1') === '1';
}
