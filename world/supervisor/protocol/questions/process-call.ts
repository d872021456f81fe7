import type { Tid } from '../../../../linux/ids.ts';
import type { ProcessCall } from '../../../tracking/tracker.ts';
import { DONE, upToDate } from './question.ts';

interface CallOfProcess {
  readonly tid: Tid;
  readonly call: ProcessCall;
  /** The argument of exit_group(2). */
  readonly code?: number;
}

/** Reports a call to process tracking. */
export const processCall = upToDate(({ backend }, { call, tid, code }: CallOfProcess) => {
  backend.processCall(call, tid, code);
  return DONE;
});
