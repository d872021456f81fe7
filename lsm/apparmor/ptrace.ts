/**
 * May a tracer go on tracing a task that changes its label? may_change_ptraced_domain() and aa_may_ptrace() of security/apparmor, Linux 6.12.
 *
 * Both sides must agree: the tracer's rules about the new label, and the new label's rules about the tracer.
 */
import { bytesOf } from '../../vfs/bytes.ts';
import { formatLabel, type Label, labelPermissions } from './policy/index.ts';

const CLASS_PTRACE = 9;
/** Rules about peers are kept below this class. */
const CLASS_LABEL = 16;
const MAY_TRACE = 0x2;
const MAY_BE_TRACED = 0x8;

export function tracerAllows(tracer: Label, target: Label): boolean {
  return tracer.unconfined || (allows(tracer, target, MAY_TRACE) && allows(target, tracer, MAY_BE_TRACED));
}

function allows(subject: Label, peer: Label, request: number): boolean {
  if (subject.unconfined || subject.equals(peer)) return true;
  const mediated = subject.profiles.some((profile) => profile.rules.policy?.mediates(CLASS_PTRACE) === true);
  if (!mediated) return true;
  const name = formatLabel(subject.namespace, peer, { mode: false, hidden: 'unconfined' });
  const match = Buffer.concat([Uint8Array.of(CLASS_LABEL, CLASS_PTRACE), bytesOf(name)]);
  const { allow, deny } = labelPermissions(subject, match, { all: true, fsuid: 0 });
  return (allow & request & ~deny) === request;
}
