/**
 * What the parts of this module share: the policy, and in which domain each task is.
 */
import type { Tid } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { KernelLog, ThreadFacts } from '../../framework/facts.ts';
import type { Task, TaskBlob } from '../../framework/task.ts';
import type { Domain, Policy } from '../policy/policy.ts';
import type { AuditLog } from './records.ts';

export interface TaskState {
  readonly domain: Domain;
  /** Path of the program it runs; absent = not seen. */
  readonly program?: string;
}

export interface TomoyoSecurity {
  readonly policy: Policy;
  readonly records: AuditLog;
  readonly log: KernelLog;
  readonly tasks: TaskBlob<TaskState>;
  taskOf(caller: Caller): Task;
  findTask(tid: Tid): Task | undefined;
  thread(tid: Tid): ThreadFacts | undefined;
  /** Seconds since the epoch. */
  now(): number;
}
