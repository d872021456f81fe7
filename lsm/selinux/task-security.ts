/**
 * What SELinux keeps per task (struct task_security_struct): the task's SIDs. A record never changes; a change makes a new one, so a fork
 * shares its parent's.
 */
import { SID } from './sidtab.ts';

/** No SID: the attribute is not set. */
export const SECSID_NULL = 0;

export interface TaskSecurity {
  readonly current: number;
  /** SID before the last exec. */
  readonly prev: number;
  /** SIDs for the next exec and for new files, keys and sockets. */
  readonly exec: number;
  readonly fscreate: number;
  readonly keycreate: number;
  readonly sockcreate: number;
}

/** A task from outside: as if the kernel had just started it, as it starts the first process. */
export const OUTSIDER: TaskSecurity = {
  current: SID.init,
  prev: SID.kernel,
  exec: SECSID_NULL,
  fscreate: SECSID_NULL,
  keycreate: SECSID_NULL,
  sockcreate: SECSID_NULL,
};
