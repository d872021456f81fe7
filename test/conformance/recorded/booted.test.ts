/** Some scenarios in a world, against a kernel that is booted now. */
import { describe, expect, test } from 'vitest';
import { runLive } from '../live.ts';
import { complaints, expected, FOLDER, LIMIT_MS, limits } from './scenarios.ts';

/**
 * One of each implemented module that User-mode Linux has; a machine without that kernel fails here. Lockdown is only in Debian's kernel,
 * which needs QEMU, so it is compared with recorded answers only (f-lockdown).
 */
describe('a world answers as a kernel booted now', () => {
  test.each(['b-selinux-enforcing-boot', 'c-selinux-minireject', 'h-clients-apparmor', 'f-yama'])(
    '%s',
    async (name) => {
      expect(complaints(await runLive({ ...limits, folder: FOLDER, ...expected, scenarios: [name] }))).toEqual([]);
    },
    LIMIT_MS,
  );
});
