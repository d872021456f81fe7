import type { InterfaceEvent } from '../../../../lsm/framework/events.ts';
import { DONE, upToDate } from './question.ts';

/** The caller opens a network interface of user space, or one got its name. */
export const interfaceNote = upToDate(({ backend }, event: Omit<InterfaceEvent, 'kind'>) => {
  backend.noteInterface({ ...event, kind: 'interface-note' });
  return DONE;
});
