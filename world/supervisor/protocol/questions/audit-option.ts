import type { AuditBackend } from '../backend.ts';
import { errnoAnswer, ofCaller } from './question.ts';

/** setsockopt(SOL_NETLINK) of an audit socket, of an option that there is. */
export const auditOption = ofCaller(({ backend }, call: Parameters<AuditBackend['setOption']>[0], caller) =>
  errnoAnswer(backend.audit.setOption(call, caller)),
);
