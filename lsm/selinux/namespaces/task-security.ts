/**
 * What SELinux keeps per task (struct task_security_struct): its namespace and its SIDs there, and the record that it had in the namespace
 * around when it left that one. A record never changes; a change makes a new one, so a fork shares its parent's.
 */
import type { Errno } from '../../../linux/errno.ts';
import { SID } from '../decide/index.ts';
import { SECSID_NULL, type Sid } from '../policy/index.ts';
import type { SelinuxNamespace } from './namespace.ts';

export interface TaskSids {
  readonly current: Sid;
  /** SID before the last exec. */
  readonly prev: Sid;
  /** SIDs for the next exec and for new files, keys and sockets. */
  readonly exec: Sid;
  readonly fscreate: Sid;
  readonly keycreate: Sid;
  readonly sockcreate: Sid;
}

export interface TaskSecurity extends TaskSids {
  readonly namespace: SelinuxNamespace;
  /** What the task is in the namespace around, for good. */
  readonly outer?: TaskSecurity | undefined;
}

/** The attributes that last for one program only, not set. */
const UNSET = { exec: SECSID_NULL, fscreate: SECSID_NULL, keycreate: SECSID_NULL, sockcreate: SECSID_NULL };

/** A task from outside: as if the kernel had just started it, as it starts the first process. */
export function outsider(namespace: SelinuxNamespace): TaskSecurity {
  return { namespace, current: SID.init, prev: SID.kernel, ...UNSET };
}

/** The kernel itself. */
export function kernelSecurity(namespace: SelinuxNamespace): TaskSecurity {
  return { namespace, current: SID.kernel, prev: SID.kernel, ...UNSET };
}

/** A task that moves into a namespace that it made. */
export function entered(namespace: SelinuxNamespace, outer: TaskSecurity): TaskSecurity {
  const { firstSid } = namespace.rules;
  return { namespace, outer, current: firstSid, prev: firstSid, ...UNSET };
}

/** After an exec: the SIDs for exec and for new objects were for one program only. */
export function executed(old: TaskSecurity, current: Sid): TaskSecurity {
  return { namespace: old.namespace, outer: old.outer, current, prev: old.current, ...UNSET };
}

/** What a task is to those in `namespace`; `undefined`: it lives outside of what they can see. */
export function securityIn(security: TaskSecurity, namespace: SelinuxNamespace): TaskSecurity | undefined {
  let entry: TaskSecurity | undefined = security;
  while (entry !== undefined && entry.namespace !== namespace) entry = entry.outer;
  return entry;
}

/** As {@link securityIn}, its SID there. */
export function sidIn(security: TaskSecurity, namespace: SelinuxNamespace): Sid {
  return securityIn(security, namespace)?.current ?? SID.unlabeled;
}

/** What the task is to others: its label in each namespace that it is seen from. */
export function accessObject({ namespace, current, outer }: TaskSecurity): string {
  const own = `${namespace.number}:${current}`;
  return outer === undefined ? own : `${own} ${accessObject(outer)}`;
}

/** What a socket made by such a task is, to those in `namespace`; `undefined`: it lives outside of what they can see. */
export function socketSidIn(security: TaskSecurity, namespace: SelinuxNamespace): Sid | undefined {
  const entry = securityIn(security, namespace);
  return entry && (entry.sockcreate || entry.current);
}

/**
 * Bounded enforcement: an ordinary check is made in the task's own namespace and then in each around it, with what the task is there. The
 * first refusal counts.
 */
export function checkEach(
  security: TaskSecurity,
  check: (entry: TaskSecurity) => Errno | undefined,
): Errno | undefined {
  const refused = check(security);
  if (refused !== undefined || security.outer === undefined || !security.namespace.rules.bounded) return refused;
  return checkEach(security.outer, check);
}

/** The innermost entry whose namespace has a policy, of those that count for the task. */
export function firstWithPolicy(security: TaskSecurity): TaskSecurity | undefined {
  if (security.namespace.state.loaded !== undefined) return security;
  if (security.outer === undefined || !security.namespace.rules.bounded) return undefined;
  return firstWithPolicy(security.outer);
}
