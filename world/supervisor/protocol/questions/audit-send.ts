import type { AuditBackend } from '../backend.ts';
import { errnoAnswer, ofCaller } from './question.ts';

/** sendto(2) on an audit socket: the sender waits for the answer. */
export const auditSend = ofCaller(({ backend }, call: Parameters<AuditBackend['send']>[0], caller) =>
  errnoAnswer(backend.audit.send(call, caller)),
);
