/**
 * What a task does to keys: selinux_key_permission() and selinux_key_getsecurity() of security/selinux/hooks.c, Linux 6.12.
 * A key has the label that its maker chose for keys, or its maker's; one whose maker is not known is not protected.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { type Errno, failed } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { KeyNeed } from '../../framework/access/key-access.ts';
import type { KeyMakers } from '../../framework/access/key-makers.ts';
import type { Hooks } from '../../framework/hook-table.ts';
import type { Task } from '../../framework/task.ts';
import { SID } from '../decide/index.ts';
import type { SelinuxNamespace } from '../namespaces/namespace.ts';
import { checkEach, securityIn, type TaskSecurity } from '../namespaces/task-security.ts';
import type { Sid } from '../policy/index.ts';

export function keyAccessHooks(
  securityOf: (task: Task) => TaskSecurity,
  makers: () => Pick<KeyMakers, 'find' | 'search'>,
): Pick<Hooks, 'keyPermission' | 'keySearch' | 'keyGetsecurity'> {
  const sidOf = (maker: Task, namespace: SelinuxNamespace): Sid => {
    const made = securityIn(securityOf(maker), namespace);
    return made === undefined ? SID.unlabeled : made.keycreate || made.current;
  };
  const check = (task: Task, maker: Task | undefined, need: KeyNeed, caller: Caller): Errno | undefined =>
    maker &&
    checkEach(securityOf(task), ({ namespace, current }) =>
      namespace.state.check(caller, current, sidOf(maker, namespace), 'key', need),
    );
  return {
    keyPermission: (task, { key, need }, caller) => check(task, makers().find(key, task)?.maker, need, caller),
    keySearch: (task, sought, caller) =>
      makers().search(task, sought, ({ maker }) => check(task, maker, 'search', caller)),
    keyGetsecurity(maker, reader) {
      const { namespace } = securityOf(reader);
      const text = namespace.state.sidToContext(sidOf(maker, namespace));
      return failed(text) ? text : bytesOf(`${text}\0`);
    },
  };
}
