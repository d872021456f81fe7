/**
 * Calls that change ids, namespaces or names of the machine, each with a capability: ksys_unshare() of kernel/fork.c, sethostname(2) and
 * setdomainname(2) of kernel/sys.c, Linux 6.12, beside mediated-ids.ts and mediated-setns.ts. A caller without the capability is refused
 * by the kernel itself.
 */
import { CAP } from '../../../linux/capability.ts';
import { CLONE_NEWUSER, NAMESPACES } from '../../../linux/process.ts';
import type { Handler } from '../context.ts';
import { namespaceChecks } from './mediated-forks.ts';
import { groupIds, userIds } from './mediated-ids.ts';
import { setns } from './mediated-setns.ts';
import { ask, changes, needing } from './own-privileges.ts';
import { always, REMEMBERING, type SupervisedCall } from './supervised-call.ts';

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
  ...REMEMBERING.flatMap((family) => always(family, { ...userIds, setns, unshare })),
  ...always('mediate-capabilities', {
    ...groupIds,
    sethostname: needing(CAP.SYS_ADMIN),
    setdomainname: needing(CAP.SYS_ADMIN),
  }),
];
