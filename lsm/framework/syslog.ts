/**
 * The kernel's log as modules decide about it.
 */

import { CAP } from '../../linux/capability.ts';
import type { Errno } from '../../linux/errno.ts';
import { type Caller, capable } from '../../vfs/tree/caller.ts';
import type { TaskId } from './events.ts';
import type { HookList } from './hooks.ts';
import type { Task } from './task.ts';

/** SYSLOG_ACTION_* of include/linux/syslog.h. Opening /dev/kmsg for reading counts as READ_ALL. */
export const SYSLOG_ACTION = {
  CLOSE: 0,
  OPEN: 1,
  READ: 2,
  READ_ALL: 3,
  READ_CLEAR: 4,
  CLEAR: 5,
  CONSOLE_OFF: 6,
  CONSOLE_ON: 7,
  CONSOLE_LEVEL: 8,
  SIZE_UNREAD: 9,
  SIZE_BUFFER: 10,
} as const;

export interface SyslogHost {
  readonly hooks: HookList;
  taskOf(caller: TaskId): Task;
}

/** capable(CAP_SYSLOG): a module may refuse it to a task that has it. */
export function hasSyslog(host: SyslogHost, caller: Caller): boolean {
  if (!capable(caller, CAP.SYSLOG)) return false;
  return host.hooks.deny('capable', host.taskOf(caller), { capability: CAP.SYSLOG }, caller) === undefined;
}

/** security_syslog(): may the caller do this with the log? Capabilities are not looked at. */
export function maySyslog(host: SyslogHost, action: number, caller: Caller): Errno | undefined {
  return host.hooks.deny('syslog', host.taskOf(caller), action, caller);
}
