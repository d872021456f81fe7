/**
 * Calls that need a capability, or make a user namespace: kernel/sys.c, kernel/groups.c, kernel/fork.c and
 * security/commoncap.c, Linux 6.12. A caller without the capability is refused by the kernel itself.
 */
import { CAP } from '../../../linux/capability.ts';
import { CLONE_NEWUSER, PR_CAPBSET_DROP } from '../../../linux/process.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { capabilityCheck, refuse } from '../access/calls.ts';
import { taskIdentity } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { NAMESPACES, namespaceChecks } from './mediated-forks.ts';
import { always, REMEMBERING, type SupervisedCall } from './supervised-call.ts';

/** INVALID_UID, INVALID_GID */
const INVALID_ID = 0xffffffff;

const needing =
  (capability: number): Handler =>
  (context) =>
    ask(context, capabilityCheck(context, capability));

function ask(context: WorkerContext, checks: readonly AccessCheck[]): void {
  if (context.mediator?.families.has('capabilities') === true) refuse(context, checks);
}

/** Answers about files may depend on it. */
function changes({ call, mediator }: WorkerContext): void {
  mediator?.subjects.forget(call.tid);
}

/** (id). Without the capability a task may take its real and its saved id. */
function take(context: WorkerContext, ids: 'uids' | 'gids', capability: number): void {
  const { call, view } = context;
  const id = call.low(0) >>> 0;
  if (id === INVALID_ID) return; // EINVAL
  const own = taskIdentity(view, call.tid)?.[ids];
  if (own === undefined) return;
  ask(context, capabilityCheck(context, capability, id === own.real || id === own.saved ? 'ignored' : 'EPERM'));
}

const becoming: Handler = (context) => changes(context);
const setuid: Handler = (context) => {
  changes(context);
  take(context, 'uids', CAP.SETUID);
};
const setgid: Handler = (context) => {
  changes(context);
  take(context, 'gids', CAP.SETGID);
};
const setgroups: Handler = (context) => {
  changes(context);
  needing(CAP.SETGID)(context);
};

/** (flags). With a user namespace of its own the task has all capabilities in it. */
const unshare: Handler = (context) => {
  changes(context);
  const flags = context.call.low(0);
  const isInner = (flags & CLONE_NEWUSER) !== 0;
  ask(context, [
    ...(isInner ? [{ hook: 'usernsCreate', about: {} } as const] : []),
    ...((flags & NAMESPACES) === 0 ? [] : namespaceChecks(context, isInner)),
  ]);
};

export const calls: readonly SupervisedCall[] = [
  ...REMEMBERING.flatMap((family) =>
    always(family, {
      setuid,
      setreuid: becoming,
      setresuid: becoming,
      setfsuid: becoming,
      setns: becoming,
      unshare,
    }),
  ),
  ...always('mediate-capabilities', {
    setgid,
    setgroups,
    setregid: becoming,
    setresgid: becoming,
    setfsgid: becoming,
    sethostname: needing(CAP.SYS_ADMIN),
    setdomainname: needing(CAP.SYS_ADMIN),
  }),
  {
    name: 'prctl',
    when: 'mediate-capabilities',
    rule: [{ argument: 0, is: PR_CAPBSET_DROP }],
    handle: (context) => {
      if (context.call.int(0) === PR_CAPBSET_DROP) needing(CAP.SETPCAP)(context);
    },
  },
];
