/** Calls of execve(2) of which it is not known whether they have failed: questions/failed-exec.ts. */
import type { Tid } from '../../../linux/ids.ts';

export interface ExecInDoubt {
  readonly tid: Tid;
  /** Which call of the thread it is. */
  readonly number: number;
}

/** Part of answers that cannot be remembered for all. */
export interface Doubts {
  readonly inDoubt?: readonly ExecInDoubt[];
}
