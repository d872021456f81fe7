import type { Tid } from '../../../../linux/ids.ts';
import { answerOf, ofCaller } from './question.ts';

interface NewAuditSocket {
  readonly tid: Tid;
  /** SOCK_RAW or SOCK_DGRAM. */
  readonly type: number;
  readonly nonBlocking: boolean;
}

/** A descriptor of the program's end, which the asker takes over (`close-descriptor`). */
export const auditSocket = ofCaller(({ backend }, { type, nonBlocking }: NewAuditSocket, caller) =>
  answerOf(backend.audit.open(caller, type, nonBlocking)),
);
