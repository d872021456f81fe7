/**
 * What a task does to System V IPC: smack_ipc_permission(), smk_curacc_shm() and its like in security/smack/smack_lsm.c,
 * Linux 6.12. An object has its maker's label; one whose maker is not known is not protected.
 */
import type { Errno } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessArguments, AccessHooks } from '../../framework/access/access.ts';
import type { AccessedIpc, IpcObject, IpcType } from '../../framework/access/ipc-access.ts';
import type { Task } from '../../framework/task.ts';
import { MAY } from '../decide/access.ts';
import type { SmackSecurity } from '../decide/security.ts';

const HOOKS: Readonly<Record<IpcType, string>> = {
  shm: 'smk_curacc_shm',
  msg: 'smk_tskacc_msq',
  sem: 'smk_curacc_sem',
};
const READ_WRITE = MAY.READ | MAY.WRITE;

/** What an operation of shmctl(2) and its like needs. */
const CONTROL: Readonly<Record<AccessArguments['ipcControl']['operation'], number>> = {
  stat: MAY.READ,
  getattr: MAY.READ,
  'read-value': MAY.READ,
  'write-value': READ_WRITE,
  set: READ_WRITE,
  lock: READ_WRITE,
  remove: READ_WRITE,
};

export function ipcAccessHooks(security: SmackSecurity, makerOf: (object: IpcObject) => Task | undefined): AccessHooks {
  const check = (
    task: Task,
    object: AccessedIpc,
    request: number,
    caller: Caller,
    hook = HOOKS[object.type],
  ): Errno | undefined => {
    const maker = makerOf(object);
    // The record shows the identifier for the key, and a blank after it.
    const audited = { hook, details: ` ipc_key=${object.id} ` };
    return maker && security.check(task, security.of(maker).label, request, caller, audited);
  };
  const mode = (read: boolean, write: boolean): number => (read ? MAY.READ : 0) | (write ? MAY.WRITE : 0);
  return {
    ipcPermission: (task, { object, read, write }, caller) =>
      check(task, object, mode(read, write), caller, 'smack_ipc_permission'),
    ipcAssociate: (task, { object, read, write }, caller) => check(task, object, mode(read, write), caller),
    ipcControl: (task, { object, operation }, caller) => check(task, object, CONTROL[operation], caller),
    shmShmat: (task, { object }, caller) => check(task, object, 0, caller),
    semSemop: (task, { object }, caller) => check(task, object, READ_WRITE, caller),
    msgQueueMsgsnd: (task, { object }, caller) => check(task, object, 0, caller),
    msgQueueMsgrcv: (task, { object }, caller) => check(task, object, READ_WRITE, caller),
  };
}
