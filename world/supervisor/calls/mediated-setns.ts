/**
 * setns(2): kernel/nsproxy.c and the install() of each kind of namespace, Linux 6.12. Whose a namespace is is not looked at: it is taken
 * for one that belongs to the caller's user namespace.
 */
import { CAP } from '../../../linux/capability.ts';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { CLONE_NEWNS, CLONE_NEWUSER, NAMESPACE_FLAGS, NAMESPACES, PTRACE_MODE_READ } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { capabilityThere } from '../access/calls.ts';
import { ptraceChecks } from '../access/ptrace-checks.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { processOf } from './mediated-ptrace.ts';
import { ask, asksFor, changes } from './own-privileges.ts';

/** (descriptor of a namespace or a process, flags) */
export const setns: Handler = (context) => {
  changes(context);
  if (!asksFor(context)) return;
  const { call, view } = context;
  const flags = call.low(1);
  const link = view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/fd/${call.fd(0)}`) ?? '';
  const [, kind] = /^(\w+):\[\d+\]$/.exec(link) ?? [];
  const flag = kind === 'user' ? CLONE_NEWUSER : NAMESPACE_FLAGS[kind ?? ''];
  if (flag !== undefined) {
    const isOwn = flag === CLONE_NEWUSER && view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/ns/user`) === link;
    if ((flags === 0 || flags === flag) && !isOwn) ask(context, entering(context, flag)); // else EINVAL
    return;
  }
  if (flags === 0 || (flags & ~(NAMESPACES | CLONE_NEWUSER)) !== 0) return; // EINVAL
  const target = processOf(context, call.fd(0));
  if (target === undefined) return;
  const looks = ptraceChecks(view, call.tid, target, PTRACE_MODE_READ, 'real');
  ask(context, [...looks.map((check): AccessCheck => ({ ...check, refusal: 'EPERM' })), ...entering(context, flags)]);
};

/** Capabilities over the namespaces, and over those of the caller's user namespace, which may be entered first. */
function entering(context: WorkerContext, flags: number): AccessCheck[] {
  const entersUser = (flags & CLONE_NEWUSER) !== 0;
  const needs = (capability: number): AccessCheck[] => {
    const held = capabilityThere(context, capability);
    return entersUser ? held.map(within) : held;
  };
  const administers = needs(CAP.SYS_ADMIN);
  if (administers.length === 0) return []; // the kernel refuses by itself
  const others = Object.values(NAMESPACE_FLAGS).filter((flag) => (flags & flag) !== 0);
  return [
    ...(entersUser ? administers : []),
    ...others.flatMap((flag) => [
      ...administers,
      ...(flag === CLONE_NEWNS ? needs(CAP.SYS_CHROOT) : []),
      ...administers,
    ]),
  ];
}

const within = (check: AccessCheck): AccessCheck =>
  check.hook === 'capable' ? { ...check, about: { ...check.about, inner: true } } : check;
