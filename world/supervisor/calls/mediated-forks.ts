/**
 * What making a process or thread asks the modules: copy_process() of kernel/fork.c, Linux 6.12. A new user namespace comes
 * before the task, other namespaces after it.
 */
import { CAP } from '../../../linux/capability.ts';
import { CLONE_NEWTIME, CLONE_NEWUSER, NAMESPACES } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { capabilityThere, refuse } from '../access/calls.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { tellSibling } from './process-calls.ts';
import { always, type SupervisedCall } from './supervised-call.ts';

/** CLONE_ARGS_SIZE_VER0 of include/uapi/linux/sched.h, and a page. */
const [LEAST_SIZE, MOST_SIZE] = [64, 4096];

const fork: Handler = (context) => make(context, 0);
/** (flags, ...), where CLONE_NEWTIME is a bit of the signal. */
const clone: Handler = (context) => make(context, context.call.low(0) & ~CLONE_NEWTIME);
/** (struct clone_args { u64 flags; ... } *, size). Whoever changes the flags meanwhile evades the question. */
const clone3: Handler = (context) => {
  const { call, memory } = context;
  const size = call.low(1);
  if (call.high(1) !== 0 || size < LEAST_SIZE || size > MOST_SIZE) return; // EINVAL, E2BIG
  if (memory.read(call.tid, call.low(0), call.high(0), 8) < 8) return; // EFAULT
  const flags = new DataView(memory.bytes.buffer, memory.bytes.byteOffset, 4).getUint32(0, true);
  make(context, flags);
  if (!call.answered) tellSibling(context, flags);
};

/** copy_namespaces() and unshare_nsproxy_namespaces(): who makes a user namespace has the capability there. */
export function namespaceChecks(context: WorkerContext, inNewOne: boolean): AccessCheck[] {
  if (!inNewOne) return capabilityThere(context, CAP.SYS_ADMIN);
  return [{ hook: 'capable', about: { capability: CAP.SYS_ADMIN, inner: true }, refusal: 'EPERM' }];
}

function make(context: WorkerContext, flags: number): void {
  const { families } = context.mediator ?? {};
  const others = families?.has('capabilities') === true;
  const isInner = (flags & CLONE_NEWUSER) !== 0;
  const namespace: AccessCheck[] = others && isInner ? [{ hook: 'usernsCreate', about: {} }] : [];
  const task: AccessCheck[] = families?.has('forks') === true ? [{ hook: 'taskAlloc', about: {} }] : [];
  const privilege = others && (flags & NAMESPACES) !== 0 ? namespaceChecks(context, isInner) : [];
  refuse(context, [...namespace, ...task, ...privilege]);
}

export const calls: readonly SupervisedCall[] = [
  ...always('mediate-forks', { clone, clone3, fork, vfork: fork }),
  {
    name: 'clone',
    when: 'mediate-capabilities',
    rule: [{ argument: 0, has: (NAMESPACES & ~CLONE_NEWTIME) | CLONE_NEWUSER }],
    handle: clone,
  },
];
