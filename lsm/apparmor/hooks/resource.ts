/**
 * May a task set a limit? aa_task_setrlimit() of security/apparmor/resource.c, Linux 6.12. A profile has hard limits, above
 * which none may be set; the limits of a task of another label are set with a capability only.
 */
import { CAP } from '../../../linux/capability.ts';
import { E } from '../../../linux/errno.ts';
import type { ActingTask } from '../../framework/audit/lsm-audit.ts';
import type { Task } from '../../framework/task.ts';
import { limitRecord } from '../decide/audit.ts';
import { combine, type FileResult } from '../decide/file-audit.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import type { Label, Profile } from '../policy/index.ts';

export interface LimitRequest {
  /** RLIMIT_* */
  readonly resource: number;
  /** The hard limit to be set. */
  readonly limit: bigint;
}

const ALLOWED: FileResult = { kill: false };

export function limitAccess(
  security: ApparmorSecurity,
  task: Task,
  target: Task,
  request: LimitRequest,
  subject: ActingTask,
): FileResult {
  const labelOf = (of: Task): Label => security.labels(of).label.newest();
  const [label, peer] = [labelOf(task), labelOf(target)];
  if (label.unconfined) return ALLOWED;
  // CAP_OPT_NOAUDIT
  // The label of one profile is part of it there; of compound labels only those that somebody looks up are one.
  const isSame = label === peer || (!label.stacked && label.equals(peer));
  const mayForOthers = isSame || security.capabilities.allows(label, CAP.SYS_RESOURCE, subject, true);
  const refuse = (profile: Profile, other: Label | undefined): FileResult => {
    const complains = profile.mode === 'complain';
    const type = complains ? 'ALLOWED' : profile.mode === 'kill' ? 'KILLED' : 'DENIED';
    security.audit(limitRecord(type, profile, request, other, subject));
    return complains ? ALLOWED : { error: E.EACCES, kill: type === 'KILLED' };
  };
  const verdicts = label.profiles.map((profile) => {
    if (!mayForOthers) return refuse(profile, peer);
    if (profile.unconfined) return ALLOWED;
    const highest = profile.rules.rlimits.get(request.resource);
    if (highest !== undefined && request.limit > highest) return refuse(profile, undefined);
    if (profile.rules.auditAll) security.audit(limitRecord('AUDIT', profile, request, undefined, subject));
    return ALLOWED;
  });
  return combine(verdicts);
}
