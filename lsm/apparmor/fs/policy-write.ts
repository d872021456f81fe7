/**
 * .load, .replace, .remove: one write(2) is one change of policy.
 *
 * Order of checks: policy_update() and profile_remove() of security/apparmor/apparmorfs.c: the right to change policy,
 * then the position, then the content. The write leaves the position, so the next one on the same descriptor starts at
 * 0 again.
 */

import { E, type Errno, failed } from '../../../linux/errno.ts';
import { BlobFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { PolicyAudit, PolicyNamespace } from '../policy/index.ts';
import type { ApparmorfsContext } from './context.ts';

/** More than any policy; the kernel's own limit is what vmalloc gives. */
const BLOB_LIMIT = 64 * 1024 * 1024;

export type PolicyAction = 'load' | 'replace' | 'remove';

const OPERATION: Readonly<Record<PolicyAction, PolicyAudit['operation']>> = {
  load: 'profile_load',
  replace: 'profile_replace',
  remove: 'profile_remove',
};

/** @param namespaceOf the namespace the file is bound to, or the writer's. */
export function policyWriteFile(
  context: ApparmorfsContext,
  mode: number,
  action: PolicyAction,
  namespaceOf: (caller: Caller) => PolicyNamespace,
): BlobFile {
  const { security } = context;
  return new BlobFile(context.init(mode), {
    limit: BLOB_LIMIT,
    begin: (offset, caller) =>
      security.refuseManagement(caller, OPERATION[action], namespaceOf(caller)) ??
      (offset === 0 ? undefined : E.ESPIPE),
    commit: (data, caller): Errno | undefined => {
      const base = namespaceOf(caller);
      const audit = security.auditPolicy(caller);
      const result =
        action === 'remove'
          ? security.policy.remove(base, data, audit)
          : security.policy.load(base, data, { replace: action === 'replace' }, audit);
      return failed(result) ? result : undefined;
    },
  });
}
