/**
 * Who may read and change the kernel's log: selinux_syslog() of security/selinux/hooks.c.
 */

import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { SYSLOG_ACTION } from '../../framework/syslog.ts';
import { SID } from '../decide/index.ts';
import { checkEach, type TaskSecurity } from '../namespaces/task-security.ts';

const { READ_ALL, SIZE_BUFFER, CONSOLE_OFF, CONSOLE_ON, CONSOLE_LEVEL } = SYSLOG_ACTION;
const READING: readonly number[] = [READ_ALL, SIZE_BUFFER];
const CONSOLE: readonly number[] = [CONSOLE_OFF, CONSOLE_ON, CONSOLE_LEVEL];

export function checkSyslog(security: TaskSecurity, action: number, caller: Caller): Errno | undefined {
  const permission = READING.includes(action)
    ? 'syslog_read'
    : CONSOLE.includes(action)
      ? 'syslog_console'
      : 'syslog_mod';
  return checkEach(security, ({ namespace: { state }, current }) =>
    state.check(caller, current, SID.kernel, 'system', permission),
  );
}
