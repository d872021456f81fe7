/**
 * What a task does to System V IPC: ipc_has_perm() and the selinux_shm_*(), selinux_msg_*() and selinux_sem_*() hooks
 * of security/selinux/hooks.c, Linux 6.12. An object has its maker's label; one whose maker is not known is not
 * protected.
 */

import { type Errno, failed } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessArguments, AccessHooks } from '../../framework/access/access.ts';
import type { AccessedIpc, IpcObject, IpcType } from '../../framework/access/ipc-access.ts';
import type { Task } from '../../framework/task.ts';
import { kernelClass, SID } from '../decide/index.ts';
import { computeSid } from '../decide/queries.ts';
import type { SelinuxState } from '../decide/state.ts';
import { checkEach, sidIn, type TaskSecurity } from '../namespaces/task-security.ts';
import type { Sid } from '../policy/index.ts';

export interface IpcAccessHost {
  readonly securityOf: (task: Task) => TaskSecurity;
  /** A task in the state it had when it made the object. */
  readonly makerOf: (object: IpcObject) => Task | undefined;
}

const CLASSES: Readonly<Record<IpcType, string>> = { shm: 'shm', msg: 'msgq', sem: 'sem' };

const CONTROL: Readonly<Record<AccessArguments['ipcControl']['operation'], readonly string[]>> = {
  stat: ['getattr', 'associate'],
  getattr: ['getattr'],
  'read-value': ['read'],
  'write-value': ['write'],
  set: ['setattr'],
  lock: ['lock'],
  remove: ['destroy'],
};

export function ipcAccessHooks(host: IpcAccessHost): AccessHooks {
  const onObject = (
    task: Task,
    object: AccessedIpc,
    check: (state: SelinuxState, own: Sid, sid: Sid) => Errno | undefined,
  ): Errno | undefined => {
    const maker = host.makerOf(object);
    if (maker === undefined) return undefined;
    const security = host.securityOf(maker);
    return checkEach(host.securityOf(task), ({ namespace, current }) =>
      check(namespace.state, current, sidIn(security, namespace)),
    );
  };
  const asking = (task: Task, object: AccessedIpc, permissions: readonly string[], caller: Caller) =>
    onObject(task, object, (state, own, sid) =>
      permissions.length === 0
        ? undefined
        : state.check(caller, own, sid, CLASSES[object.type], permissions, shown(object.key)),
    );

  return {
    ipcAlloc: (task, { type, key }, caller) =>
      checkEach(host.securityOf(task), ({ namespace: { state }, current }) =>
        state.check(caller, current, current, CLASSES[type], 'create', shown(key)),
      ),
    ipcPermission: (task, { object, read, write }, caller) =>
      asking(task, object, [...(read ? ['unix_read'] : []), ...(write ? ['unix_write'] : [])], caller),
    ipcAssociate: (task, { object }, caller) => asking(task, object, ['associate'], caller),
    ipcControl: (task, { object, operation }, caller) => asking(task, object, CONTROL[operation], caller),
    ipcInfo: (task, _about, caller) =>
      checkEach(host.securityOf(task), ({ namespace: { state }, current }) =>
        state.check(caller, current, SID.kernel, 'system', 'ipc_info'),
      ),
    shmShmat: (task, { object, write }, caller) => asking(task, object, write ? ['read', 'write'] : ['read'], caller),
    semSemop: (task, { object, alter }, caller) => asking(task, object, alter ? ['read', 'write'] : ['read'], caller),
    msgQueueMsgsnd: (task, { object }, caller) =>
      onObject(task, object, (state, own, sid) => {
        const message = messageSid(state, own, sid);
        return (
          state.check(caller, own, sid, 'msgq', 'write', shown(object.key)) ??
          state.check(caller, own, message, 'msg', 'send', shown(object.key)) ??
          state.check(caller, message, sid, 'msgq', 'enqueue', shown(object.key))
        );
      }),
    msgQueueMsgrcv: (task, { object }, caller) =>
      onObject(task, object, (state, own, sid) => {
        // Who sent the message is not known: it is taken for the queue's owner.
        const message = messageSid(state, sid, sid);
        return (
          state.check(caller, own, sid, 'msgq', 'read', shown(object.key)) ??
          state.check(caller, own, message, 'msg', 'receive', shown(object.key))
        );
      }),
  };
}

/** What a message is that such a task sends to such a queue. */
function messageSid(state: SelinuxState, sender: Sid, queue: Sid): Sid {
  const { loaded } = state;
  if (loaded === undefined) return queue;
  const sid = computeSid(state, 'transition', sender, queue, loaded.map.policyClass(kernelClass('msg')));
  return failed(sid) ? SID.unlabeled : sid;
}

/** dump_common_audit_data(): as a signed number, and with a blank after it. */
const shown = (key: number): string => ` ipc_key=${key} `;
