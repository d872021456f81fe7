/**
 * Initial SIDs: the labels that exist without any object. Policies number more of them than kernels still know (security/selinux/include/
 * initial_sid_to_string.h).
 */
import type { Context, PolicyDb } from '../policy/policydb.ts';
import { CAPABILITY_USERSPACE_INITIAL_CONTEXT } from './policy-capabilities.ts';

export const SID_KERNEL = 1;
export const SID_SECURITY = 2;
export const SID_UNLABELED = 3;
export const SID_INIT = 7;

/** Those that Linux 6.12 knows, by number; the order of initial_contexts/. */
export const INITIAL_SIDS: ReadonlyMap<number, string> = new Map([
  [SID_KERNEL, 'kernel'],
  [SID_SECURITY, 'security'],
  [SID_UNLABELED, 'unlabeled'],
  [5, 'file'],
  [SID_INIT, 'init'],
  [8, 'any_socket'],
  [9, 'port'],
  [10, 'netif'],
  [11, 'netmsg'],
  [12, 'node'],
  [27, 'devnull'],
]);

/**
 * `undefined`: not known to the kernel, or not in the policy (the kernel then uses unlabeled). Only with capability
 * userspace_initial_context has `init` a context of its own; otherwise it is the kernel's.
 */
export function initialSidContext(db: PolicyDb, sid: number): Context | undefined {
  if (!INITIAL_SIDS.has(sid)) return undefined;
  const ownInit = db.capabilities.has(CAPABILITY_USERSPACE_INITIAL_CONTEXT);
  return db.objectContexts.initialSids.get(sid === SID_INIT && !ownInit ? SID_KERNEL : sid);
}
