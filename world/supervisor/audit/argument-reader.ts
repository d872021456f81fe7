/** What is needed to read the arguments of an audited call, and what they are about. */
import type { RemoteMemory } from '../../../host/memory/remote-memory.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { IpcType } from '../../../lsm/framework/access/ipc-access.ts';
import type { IpcState } from '../access/ipc-view.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { Notification } from '../notification.ts';

/** What the number of an object is. */
export type By = 'id' | 'index' | 'key';

/** Objects of the IPC namespaces of callers. */
export interface CallerIpc {
  /** `undefined` = there is none, or it cannot be looked at. */
  object(tid: Tid, type: IpcType, number: number, by: By): IpcState | undefined;
  /** Root directory of the filesystem of message queues: a descriptor, or a negative errno. */
  queues(tid: Tid): number;
}

export interface ArgumentReader {
  readonly call: Pick<Notification, 'tid' | 'int' | 'low' | 'high' | 'fd' | 'isNull'>;
  readonly memory: Pick<RemoteMemory, 'read' | 'readString' | 'copy' | 'bytes'>;
  readonly view: CallerView;
  readonly ipc: CallerIpc;
}
