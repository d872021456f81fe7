/** Calls are received at real-time priority: a signal before that would end one that no kernel interrupts. */
import { expect, it } from 'vitest';
import { isClean } from '../support/box.ts';
import { script } from './program.ts';

/** Shell: how many threads of the daemon are SCHED_FIFO (field 41 of /proc/PID/stat) while they wait for calls. $1: the status lines. */
const COUNT = `daemon=$(sed "s/.*daemon-pid\\":\\([0-9]*\\).*/\\1/" $1)
for thread in /proc/$daemon/task/*; do sed "s/.*) //" $thread/stat | cut -d " " -f 39; done | grep -c "^1$"`;

it('by one thread, where the host allows it', async () => {
  const allowed = (await script('chrt -f 1 true && echo yes')).stdout === 'yes\n';
  const result = await script(
    `status=$(mktemp); $LSMFS run --json-status-fd 9 -- sh -c '${COUNT}' sh $status 9>$status; rm $status`,
  );
  expect(result.stdout).toBe(allowed ? '1\n' : '0\n');
  expect(result.leftovers).toSatisfy(isClean);
});
