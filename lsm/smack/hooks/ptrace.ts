/**
 * May one task look into or trace another? smk_ptrace_rule_check() of security/smack/smack_lsm.c, Linux 6.12.
 */

import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import { PTRACE_MODE_ATTACH } from '../../../linux/process.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Task } from '../../framework/task.ts';
import { MAY } from '../decide/access.ts';
import type { AuditedAccess, SmackSecurity } from '../decide/security.ts';
import { isVisibleIn } from '../namespaces/namespaces.ts';

/** Values of the node `ptrace`. */
const BY_RULES = 0;
const SAME_LABEL_OR_CAPABLE = 1;

/**
 * @param label of the other task, or what it is about to become.
 * @param caller the tracer; absent = it is not known with which capabilities it acts, and it has none.
 * @param target the other task, where it is there.
 */
export function refusePtrace(
  security: SmackSecurity,
  tracer: Task,
  label: string,
  mode: number,
  audited: AuditedAccess,
  caller: Caller | undefined,
  target?: Task,
): Errno | undefined {
  const attach = (mode & PTRACE_MODE_ATTACH) !== 0;
  const actor = caller ?? {
    tid: tracer.tid,
    tgid: tracer.process.tgid,
    uid: 0,
    gid: 0,
    groups: [],
    capabilities: 0n,
    comm: '',
  };
  if (!attach || security.ptrace === BY_RULES) {
    return security.check(tracer, label, attach ? MAY.READ | MAY.WRITE : MAY.READ, actor, audited, target);
  }
  const subject = security.of(tracer).label;
  const namespace = security.namespaceOf(tracer, caller);
  const visible = isVisibleIn(namespace, subject) && isVisibleIn(namespace, label);
  const allowed =
    visible &&
    (subject === label || (security.ptrace === SAME_LABEL_OR_CAPABLE && security.administers(actor, CAP.SYS_PTRACE)));
  security.record({ subject, object: label, request: 0, allowed }, actor, audited);
  return allowed ? undefined : E.EACCES;
}
