/**
 * lsm_unshare(2): a new policy namespace below that of the caller, which from then on is confined by what confined it and by the new one's
 * `unconfined`, as after `mkdir namespaces/NAME` and `stack :NAME:unconfined`.
 *
 * Nobody has proposed what the call means for AppArmor. This is how container managers use its namespaces, in one step:
 * the policy around stays in force, the caller sees and manages that of the new namespace alone. It ends as any other,
 * when its directory is removed.
 */

import { E, type Errno, failed } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Task } from '../../framework/task.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import type { PolicyNamespace } from '../policy/index.ts';
import type { ProcessAttributes } from './attr.ts';

export class Unsharing {
  readonly #security: ApparmorSecurity;
  readonly #attributes: Pick<ProcessAttributes, 'stack'>;
  /** Number of the last namespace that was made. */
  #last = 0;

  constructor(security: ApparmorSecurity, attributes: Pick<ProcessAttributes, 'stack'>) {
    this.#security = security;
    this.#attributes = attributes;
  }

  /**
   * EINVAL for a context that says anything, EACCES for who may not make namespaces or enter this one, ENOENT in a
   * namespace that was removed, ENOSPC in the deepest one.
   */
  unshare(task: Task, value: Uint8Array, caller: Caller): Errno | undefined {
    if (value.length > 0) return E.EINVAL;
    const { policy } = this.#security;
    const parent = this.#security.namespaceOf(caller);
    const refused = this.#security.refuseManagement(caller, 'profile_load', parent);
    if (refused !== undefined) return refused;
    if (parent.dead) return E.ENOENT;
    const number = this.#freeNumber(parent);
    const made = policy.createNamespace(parent, nameOf(number));
    if (failed(made)) return made;
    const denied = this.#attributes.stack(task, `:${made.name}:unconfined`, caller);
    if (denied === undefined) this.#last = number;
    else policy.removeNamespace(parent, made.name);
    return denied;
  }

  /** Numbers go on, so that no name comes back; those of namespaces that somebody made by such a name are passed over. */
  #freeNumber(parent: PolicyNamespace): number {
    let number = this.#last + 1;
    while (parent.child(nameOf(number)) !== undefined) number++;
    return number;
  }
}

function nameOf(number: number): string {
  return `unshare-${number}`;
}
