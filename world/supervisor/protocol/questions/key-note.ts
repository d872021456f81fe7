import type { Tid } from '../../../../linux/ids.ts';
import type { KeyNote } from '../../../../lsm/framework/access/key-access.ts';
import { DONE, upToDate } from './question.ts';

/** What a call about keys makes or finds. */
export const keyNote = upToDate(({ backend }, { tid, note }: { readonly tid: Tid; readonly note: KeyNote }) => {
  backend.noteKey({ tid, note });
  return DONE;
});
