import type { AuditBackend } from '../backend.ts';
import { errnoAnswer, ofCaller } from './question.ts';

/** connect(2) of an audit socket. */
export const auditConnect = ofCaller(({ backend }, call: Parameters<AuditBackend['connect']>[0], caller) =>
  errnoAnswer(backend.audit.connect(call, caller)),
);
