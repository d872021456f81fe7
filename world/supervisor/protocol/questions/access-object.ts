/** By what the modules judge a task that something is done to, or whose files in /proc are used: for caches of decisions. */
import type { Tid } from '../../../../linux/ids.ts';
import type { Doubts } from '../exec-in-doubt.ts';
import { doubtsOf } from './failed-exec.ts';
import { type Answer, type Answering, DONE, type ErrnoAnswer, upToDate } from './question.ts';

export interface KnownObject {
  /** Equal numbers get equal answers until the epoch moves. */
  readonly number: number;
  /** The task keeps it as long as epoch and generation (program-announcements.ts) stay. Absent = a change may be under way. */
  readonly lasts?: true;
}

/** Without a value it is not to be asked again: the modules judge by more, or the world does not hear of processes in time. */
export const accessObject: Answering<{ readonly target: Tid }, (Answer<KnownObject> & Doubts) | ErrnoAnswer> = upToDate(
  ({ backend }, { target }) => {
    const value = backend.access.object(target);
    return value === undefined ? DONE : { errno: 0, value, ...(value.lasts !== true && doubtsOf(backend)) };
  },
);
