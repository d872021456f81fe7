/**
 * May one task look into or trace another? aa_may_ptrace() of security/apparmor/ipc.c, Linux 6.12.
 *
 * Both sides must agree: the rules of the tracer about the label of the other, and the other's about being traced. A
 * tracer without rules of this class needs a capability instead.
 */

import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import { PTRACE_MODE_READ } from '../../../linux/process.ts';
import type { ActingTask } from '../../framework/audit/lsm-audit.ts';
import type { Task } from '../../framework/task.ts';
import { ptraceRecord } from '../decide/audit.ts';
import { checkPermissions, peerPermissions } from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import type { Label, Profile } from '../policy/index.ts';

const CLASS_PTRACE = 9;
/** Rules about the labels of others are kept below this class. */
const CLASS_LABEL = 16;
const INPUT = Uint8Array.of(CLASS_LABEL, CLASS_PTRACE);

/** What is asked for: AA_PTRACE_READ, AA_PTRACE_TRACE. */
const PTRACE = { READ: 0x4, TRACE: 0x2 } as const;
/** From tracing to being traced (PTRACE_PERM_SHIFT). */
const SHIFT = 2;

/** @param subject in whose name refusals are logged; `undefined` = they are not. */
function mayPtrace(
  security: ApparmorSecurity,
  tracer: Label,
  tracee: Label,
  request: number,
  subject: ActingTask | undefined,
): Errno | undefined {
  const ask = (profile: Profile, peer: Label, asked: number): Errno | undefined => {
    const { error, record } = checkPermissions(peerPermissions(profile, INPUT, peer, asked), asked);
    if (record !== undefined && subject !== undefined) security.audit(ptraceRecord(record, profile, peer, subject));
    return error;
  };
  const mediates = ({ rules }: Profile): boolean => rules.policy?.mediates(CLASS_PTRACE) === true;
  const byTracer = (profile: Profile): Errno | undefined => {
    if (mediates(profile)) return ask(profile, tracee, request);
    if (!tracee.stacked && tracee.profiles[0] === profile) return undefined;
    return security.capabilities.allowedBy(profile, CAP.SYS_PTRACE, subject) ? undefined : E.EPERM;
  };
  const byTracee = (profile: Profile): Errno | undefined =>
    tracer.unconfined || !mediates(profile) ? undefined : ask(profile, tracer, request << SHIFT);
  const errors = [...confined(tracer).map(byTracer), ...confined(tracee).map(byTracee)];
  return errors.findLast((error) => error !== undefined);
}

/**
 * May the tracer of a task go on when the task changes its label? may_change_ptraced_domain() of domain.c. `subject`:
 * the task, see mayPtrace.
 */
export function tracerAllows(
  security: ApparmorSecurity,
  tracer: Task,
  label: Label,
  subject: ActingTask | undefined,
): boolean {
  const own = security.labels(tracer).label.newest();
  return own.unconfined || mayPtrace(security, own, label, PTRACE.TRACE, subject) === undefined;
}

function confined({ profiles }: Label): Profile[] {
  return profiles.filter((profile) => !profile.unconfined);
}

/** Looking at a process, or attaching to it: apparmor_ptrace_access_check(). `mode` has PTRACE_MODE_READ or PTRACE_MODE_ATTACH. */
export function refusePtrace(
  security: ApparmorSecurity,
  tracer: Task,
  target: Task,
  mode: number,
  subject: ActingTask,
): Errno | undefined {
  const labelOf = (task: Task): Label => security.labels(task).label.newest();
  const request = (mode & PTRACE_MODE_READ) === 0 ? PTRACE.TRACE : PTRACE.READ;
  return mayPtrace(security, labelOf(tracer), labelOf(target), request, subject);
}
