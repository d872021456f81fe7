import type { Tid } from '../../../../linux/ids.ts';
import type { OpenDescriptor } from '../../../../lsm/framework/files/open-descriptor.ts';
import { DONE, upToDate } from './question.ts';

interface Noted {
  readonly tid: Tid;
  readonly open: readonly OpenDescriptor[];
}

/** The label of a thread is about to change: this is what it has open. */
export const noteDescriptors = upToDate(({ backend }, { tid, open }: Noted) => {
  backend.noteDescriptors({ tid, open });
  return DONE;
});
