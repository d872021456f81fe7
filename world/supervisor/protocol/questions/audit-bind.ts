import type { AuditBackend } from '../backend.ts';
import { ofCaller, verdictOf } from './question.ts';

/** bind(2) of an audit socket. */
export const auditBind = ofCaller(({ backend }, call: Parameters<AuditBackend['bind']>[0], caller) =>
  verdictOf(backend.audit.bind(call, caller)),
);
