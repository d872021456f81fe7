import type { AuditBackend } from '../backend.ts';
import { ofCaller, verdictOf } from './question.ts';

/** sendto(2) on an audit socket: the sender waits for the answer. */
export const auditSend = ofCaller(({ backend }, call: Parameters<AuditBackend['send']>[0], caller) =>
  verdictOf(backend.audit.send(call, caller)),
);
