/**
 * A session is one group for the scheduler (sched_autogroup_enabled, sched(7)), and `nice` counts only inside of a
 * group: the daemon, in a session of its own, would have its full share whatever `nice lsmfs run` said. So what the
 * launcher was given is given to the group.
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
