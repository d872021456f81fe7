/**
 * An execve(2) that may change the label of its process has failed. Nobody tells of that: as long as it is not known, nothing is
 * remembered for all, and answers say of which calls a supervisor's thread is to find it out (daemon/facts/label-changes.ts).
 */
import type { Doubts, ExecInDoubt } from '../exec-in-doubt.ts';
import { type Answerer, DONE, upToDate } from './question.ts';

export const failedExec = upToDate(({ backend }: Answerer, exec: ExecInDoubt) => {
  backend.execFailed(exec);
  return DONE;
});

export function doubtsOf(backend: Answerer['backend']): Doubts {
  const inDoubt = backend.execsInDoubt();
  return inDoubt.length > 0 ? { inDoubt } : {};
}
