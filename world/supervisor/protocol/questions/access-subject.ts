/** By what the modules judge a task whose calls are mediated: for caches of decisions. */
import type { Tid } from '../../../../linux/ids.ts';
import type { AccessScope } from '../../../../lsm/framework/access/access-scope.ts';
import type { Doubts } from '../exec-in-doubt.ts';
import { doubtsOf } from './failed-exec.ts';
import { type Answer, type Answering, DONE, type ErrnoAnswer, ofCaller } from './question.ts';

export interface KnownSubject {
  /** Equal numbers get equal answers until the epoch moves. */
  readonly number: number;
  readonly scope: AccessScope;
  /** What others may have opened of what it has open (descriptorKey()). */
  readonly noted: readonly string[];
  /** Devices with files whose attributes the daemon keeps: the supervisor does not see these. */
  readonly kept: readonly string[];
  /** All tasks of the world have this one with the same credentials, as long as the generation (program-announcements.ts) stays. */
  readonly alike?: true;
}

interface SubjectQuestion {
  readonly tid: Tid;
}

/** Without a value nothing may be cached. */
export const accessSubject: Answering<SubjectQuestion, (Answer<KnownSubject> & Doubts) | ErrnoAnswer> = ofCaller(
  ({ backend }, _question, caller) => {
    const value = backend.access.subject(caller);
    if (value === undefined) return DONE;
    const doubts = value.alike === true ? {} : doubtsOf(backend);
    return { errno: 0, value: { ...value, kept: backend.superblocks.keeping() }, ...doubts };
  },
);
