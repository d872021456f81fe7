import type { IpcEvent } from '../../../../lsm/framework/events.ts';
import { DONE, upToDate } from './question.ts';

/** What System V IPC objects there are. */
export const ipc = upToDate(({ backend }, event: Omit<IpcEvent, 'kind'>) => {
  backend.ipc({ ...event, kind: 'ipc' });
  return DONE;
});
