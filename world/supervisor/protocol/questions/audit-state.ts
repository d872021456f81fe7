import { E } from '../../../../linux/errno.ts';
import type { AuditSocketState } from '../backend.ts';
import { type Answer, type Answerer, answerOf } from './question.ts';

/** The audit socket of this inode number; ENOTSOCK when it is none of ours. */
export function auditState({ backend }: Answerer, { socket }: { readonly socket: number }): Answer<AuditSocketState> {
  return answerOf(backend.audit.state(socket) ?? E.ENOTSOCK);
}
