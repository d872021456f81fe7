/**
 * Hooks of System V IPC, called in ipc/shm.c, ipc/msg.c, ipc/sem.c and ipc/util.c, by the names of
 * include/linux/lsm_hook_defs.h.
 */
export type IpcType = 'shm' | 'msg' | 'sem';

/** An object of an IPC namespace, which its inode number names. */
export interface IpcObject {
  readonly namespace: number;
  readonly type: IpcType;
  readonly id: number;
}

/** `key`: 0 = IPC_PRIVATE. */
export interface AccessedIpc extends IpcObject {
  readonly key: number;
}

export interface IpcAccess {
  /** shm_alloc_security, msg_queue_alloc_security, sem_alloc_security: the task makes one. */
  ipcAlloc: { readonly type: IpcType; readonly key: number };
  /** `read`, `write`: which of the mode bits are asked for. */
  ipcPermission: { readonly object: AccessedIpc; readonly read: boolean; readonly write: boolean };
  /** shm_associate and its like: the task gets the id of one that exists. */
  ipcAssociate: { readonly object: AccessedIpc; readonly read: boolean; readonly write: boolean };
  /** shm_shmctl and its like, of the object. `value`: of a semaphore. */
  ipcControl: {
    readonly object: AccessedIpc;
    readonly operation: 'stat' | 'getattr' | 'read-value' | 'write-value' | 'set' | 'lock' | 'remove';
  };
  /** The same of limits and counts of all (IPC_INFO, SHM_INFO, ...). */
  ipcInfo: { readonly type: IpcType };
  shmShmat: { readonly object: AccessedIpc; readonly write: boolean };
  /** `alter`: the call changes a value. */
  semSemop: { readonly object: AccessedIpc; readonly alter: boolean };
  msgQueueMsgsnd: { readonly object: AccessedIpc };
  /** Of the task itself, which takes a message from the queue. */
  msgQueueMsgrcv: { readonly object: AccessedIpc };
}
