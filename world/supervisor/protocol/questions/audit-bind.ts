import type { AuditBackend } from '../backend.ts';
import { errnoAnswer, ofCaller } from './question.ts';

/** bind(2) of an audit socket. */
export const auditBind = ofCaller(({ backend }, call: Parameters<AuditBackend['bind']>[0], caller) =>
  errnoAnswer(backend.audit.bind(call, caller)),
);
