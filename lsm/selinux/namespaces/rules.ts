/**
 * What distinguishes the designs of SELinux namespaces: the prototypes that the 2018 talk shows, the patch series of
 * 2025, and `talk`, which joins what the talk asks for (labels of each namespace with every file, enforcement bounded
 * by the namespaces around) with the system call of 2025. `2026` is the series with lsm_unshare(2) instead of its node
 * and its attribute.
 */
import type { KernelProfile } from '../../framework/config.ts';
import { SID } from '../decide/index.ts';
import type { Sid } from '../policy/index.ts';

export interface NamespaceRules {
  /** Can a task leave the initial namespace at all. */
  readonly exist: boolean;
  /** Checks are also made in every namespace around the task's own. */
  readonly bounded: boolean;
  /** Each namespace has labels of its own with a file, stored under its name; else all share one, which each interprets. */
  readonly ownLabels: boolean;
  /** Initial SID of a task in the namespace that it made. */
  readonly firstSid: Sid;
  /** lsm_set_self_attr(2) knows LSM_ATTR_UNSHARE. */
  readonly systemCall: boolean;
  /** selinuxfs has the node `unshare`. */
  readonly node: boolean;
}

const NONE: NamespaceRules = {
  exist: false,
  bounded: false,
  ownLabels: false,
  firstSid: SID.init,
  systemCall: false,
  node: false,
};

export const NAMESPACE_RULES: Readonly<Record<KernelProfile, NamespaceRules>> = {
  mainline: NONE,
  '2018': { ...NONE, exist: true, ownLabels: true, firstSid: SID.kernel, node: true },
  '2025': { ...NONE, exist: true, bounded: true, systemCall: true, node: true },
  '2026': { ...NONE, exist: true, bounded: true },
  talk: { exist: true, bounded: true, ownLabels: true, firstSid: SID.init, systemCall: true, node: true },
};
