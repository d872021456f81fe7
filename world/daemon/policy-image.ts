/**
 * Which policy image is in force.
 */
import type { PolicySnapshot } from '../../lsm/core/module.ts';
import type { Task } from '../../lsm/core/task.ts';
import type { Stack } from '../../lsm/index.ts';
import { failed } from '../../vfs/errno.ts';
import { WorldError } from '../errors.ts';

/** @param task whose namespace it is; absent = the initial one. @throws WorldError when there is none. */
export function selinuxPolicy({ policies }: Pick<Stack, 'policies'>, task: Task | undefined): PolicySnapshot {
  const snapshot = policies.get('selinux')?.(task);
  if (snapshot === undefined) {
    throw new WorldError('no-policy', 'SELinux is not active in that world.', 'Add selinux to --lsm.');
  }
  if (failed(snapshot)) {
    throw new WorldError(
      'no-policy',
      `That ${task === undefined ? 'world' : 'namespace'} has no policy yet: everything is allowed in it.`,
      `Load one: ${task === undefined ? 'lsmfs exec NAME -- ' : ''}load_policy.`,
    );
  }
  return snapshot;
}
