/**
 * The scheduler treats a session as one group (sched_autogroup_enabled, sched(7)), and `nice` has an effect only inside
 * of a group: the daemon, in a session of its own, would get its full share even under `nice lsmfs run`. So the group
 * gets the nice value of the launcher.
 */
import { writeFileSync } from 'node:fs';
import { getPriority } from 'node:os';

const OWN = '/proc/self/autogroup';

export function takeNiceForAutogroup(): void {
  const nice = getPriority();
  if (nice === 0) return;
  try {
    writeFileSync(OWN, String(nice));
  } catch {
    // A kernel without autogroups, or a negative value and no CAP_SYS_NICE.
  }
}
