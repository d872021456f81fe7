/** Calls that audit rules may want, and what became of them. */
import type { AuditName } from '../../../../lsm/framework/audit/names.ts';
import type { AuditRule } from '../../../../lsm/framework/audit/rule.ts';
import type { AuditedCallBegins, AuditedCallEnds } from '../audited-call.ts';
import { completed } from './default-context.ts';
import { type Answer, type Answerer, DONE, type ErrnoAnswer, ofCaller, upToDate } from './question.ts';

/** The rules about calls of all audits of the world. */
export function auditRules({ backend }: Answerer, _question: object): Answer<readonly AuditRule[]> {
  return { errno: 0, value: backend.auditedCalls.rules() };
}

/** Can it be that a rule wants a record? Then `auditEnd` follows. */
export const auditBegin = ofCaller(
  ({ backend }, call: AuditedCallBegins, caller): Answer<{ id: number; user: string }> => {
    const id = backend.auditedCalls.begin({ ...call, names: labelled(backend, call.names, caller) });
    return id === undefined ? DONE : { errno: 0, value: { id, user: backend.userFor(caller) } };
  },
);

/** The thread goes on meanwhile, and may have ended. */
export const auditEnd = upToDate(({ backend }: Answerer, call: AuditedCallEnds): ErrnoAnswer => {
  const task = backend.task(call.tid);
  backend.auditedCalls.end({ ...call, names: labelled(backend, call.names, task) });
  return DONE;
});

function labelled(
  backend: Answerer['backend'],
  names: readonly AuditName[],
  caller: Parameters<typeof completed>[2] | undefined,
): readonly AuditName[] {
  return names.map(({ file, ...name }) => {
    if (file?.facts === undefined) return { ...name, ...(file && { file }) };
    const { facts } = file;
    const kept = { ...facts, inode: backend.superblocks.complete(facts.inode, facts.device) };
    return { ...name, file: { ...file, facts: caller === undefined ? kept : completed(backend, facts, caller) } };
  });
}
