import type { AuditBackend } from '../backend.ts';
import { type ErrnoAnswer, errnoAnswer, ofCaller } from './question.ts';

/** sendto(2) on an audit socket: the sender waits for the answer. */
export const auditSend = ofCaller(
  ({ backend }, call: Parameters<AuditBackend['send']>[0], caller): ErrnoAnswer & { readonly contained?: boolean } => ({
    ...errnoAnswer(backend.audit.send(call, caller)),
    contained: backend.audit.isContained(caller),
  }),
);
