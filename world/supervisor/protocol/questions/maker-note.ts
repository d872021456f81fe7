import type { MakerEvent } from '../../../../lsm/framework/events.ts';
import { DONE, upToDate } from './question.ts';

/** The caller opens a network interface of user space or makes a filesystem with layers, or one got its name. */
export const makerNote = upToDate(({ backend }, event: Omit<MakerEvent, 'kind'>) => {
  backend.noteMaker({ ...event, kind: 'maker-note' });
  return DONE;
});
