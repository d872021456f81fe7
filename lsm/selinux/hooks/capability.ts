/** Capabilities of a task: cred_has_capability() of security/selinux/hooks.c, Linux 6.12. */
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { KERNEL_CLASSES, kernelClass } from '../decide/index.ts';
import { checkEach, type TaskSecurity } from '../namespaces/task-security.ts';

/** @param how `inner`: in a user namespace other than the initial one. `silent`: nothing is recorded. */
export function checkCapability(
  security: TaskSecurity,
  capability: number,
  caller: Caller,
  { inner = false, silent = false } = {},
): Errno | undefined {
  const objectClass = `cap${inner ? '' : 'ability'}${capability < 32 ? '' : '2'}${inner ? '_userns' : ''}`;
  const name = KERNEL_CLASSES[kernelClass(objectClass) - 1]?.permissions[capability % 32];
  if (name === undefined) return undefined;
  return checkEach(security, ({ namespace: { state }, current }) => {
    // selinux_vm_enough_memory() asks for CAP_SYS_ADMIN whenever memory is mapped, so what is permissive was let through already.
    const allows =
      (silent || (capability === CAP.SYS_ADMIN && !inner)) && state.allows(current, current, objectClass, name);
    if (silent) return allows ? undefined : E.EACCES;
    return state.check(caller, current, current, objectClass, name, ` capability=${capability} `);
  });
}
