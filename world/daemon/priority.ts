/**
 * The nice value of a daemon (sched(7)). Programs in a world wait for it in each notified call, and it waits for a processor, on a busy
 * machine. auditd(8) takes 4 less than usual for the same reason (priority_boost).
 */
import { writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** How much less than its launcher's. */
const BOOST = 5;
const AUTOGROUP = '/proc/self/autogroup';

/**
 * Of the calling thread, and of those that it makes later. The scheduler treats a session as one group (sched_autogroup_enabled); a nice
 * value has an effect only inside of it; the daemon, in a session of its own, would get its full share even under `nice lsmfs run`. So the
 * group gets the value, too: where less than 0 is not ours to take (CAP_SYS_NICE), that of the launcher.
 */
export function takePriority(): void {
  const launchers = getPriority();
  const ours = Math.max(launchers - BOOST, constants.priority.PRIORITY_HIGHEST);
  try {
    setPriority(ours);
  } catch {
    // EACCES: less than the launcher's takes CAP_SYS_NICE or RLIMIT_NICE.
  }
  for (const nice of [ours, launchers]) {
    try {
      writeFileSync(AUTOGROUP, String(nice));
      return;
    } catch {
      // EPERM: below 0. Or a kernel without autogroups.
    }
  }
}
