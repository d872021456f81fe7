/** What the mediated hooks of System V IPC are asked about. */
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
