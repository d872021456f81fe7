/**
 * Initial SIDs: the labels that exist without any object. Policies number more of them than kernels still know (security/selinux/include/
 * initial_sid_to_string.h).
 */
import type { Context, PolicyDb } from '../policy/policydb.ts';
import { type Sid, sidOf } from '../policy/sid.ts';
import { CAPABILITY_USERSPACE_INITIAL_CONTEXT } from './policy-capabilities.ts';

/** Those that the code names. */
export const SID = {
  kernel: sidOf(1),
  security: sidOf(2),
  unlabeled: sidOf(3),
  file: sidOf(5),
  init: sidOf(7),
  port: sidOf(9),
  netif: sidOf(10),
  node: sidOf(12),
  devnull: sidOf(27),
} as const;

/** Those that Linux 6.12 knows, by number; the order of initial_contexts/. */
export const INITIAL_SIDS: ReadonlyMap<Sid, string> = new Map([
  [SID.kernel, 'kernel'],
  [SID.security, 'security'],
  [SID.unlabeled, 'unlabeled'],
  [SID.file, 'file'],
  [SID.init, 'init'],
  [sidOf(8), 'any_socket'],
  [SID.port, 'port'],
  [SID.netif, 'netif'],
  [sidOf(11), 'netmsg'],
  [SID.node, 'node'],
  [SID.devnull, 'devnull'],
]);

/** Names in policies, by number - 1: those that kernels forgot, too (policy/flask/initial_sids of the reference policy). */
export const POLICY_SIDS: readonly string[] = (
  'kernel security unlabeled fs file file_labels init any_socket port netif netmsg node igmp_packet icmp_socket tcp_socket ' +
  'sysctl_modprobe sysctl sysctl_fs sysctl_kernel sysctl_net sysctl_net_unix sysctl_vm sysctl_dev kmod policy scmp_packet devnull'
).split(' ');

/**
 * `undefined`: not known to the kernel, or not in the policy (the kernel then uses unlabeled). Only with capability
 * userspace_initial_context has `init` a context of its own; otherwise it is the kernel's.
 */
export function initialSidContext(db: PolicyDb, sid: Sid): Context | undefined {
  if (!INITIAL_SIDS.has(sid)) return undefined;
  const ownInit = db.capabilities.has(CAPABILITY_USERSPACE_INITIAL_CONTEXT);
  return db.objectContexts.initialSids.get(sid === SID.init && !ownInit ? SID.kernel : sid);
}
