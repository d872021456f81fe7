import type { MakerEvent } from '../../../../lsm/framework/events.ts';
import { DONE, upToDate } from './question.ts';

/** The caller opens a network interface of user space, makes a filesystem with layers or registers credentials, or one got its name. */
export const makerNote = upToDate(({ backend }, event: Omit<MakerEvent, 'kind' | 'user'>) => {
  const maker = event.from === undefined ? backend.identify(event.tid) : undefined;
  backend.noteMaker({ ...event, kind: 'maker-note', ...(maker && { user: backend.userFor(maker) }) });
  return DONE;
});
