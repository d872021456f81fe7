import type { UsedFile } from '../../../../lsm/framework/files/file-use.ts';
import { DONE, upToDate } from './question.ts';

export interface FileMadeQuestion {
  readonly was: string;
  readonly now: Pick<UsedFile, 'key' | 'ino' | 'uid' | 'gid' | 'mode'>;
}

/** A file is there that was told of before it was made, under another key. */
export const fileMade = upToDate(({ backend }, question: FileMadeQuestion) => {
  backend.fileMade(question);
  return DONE;
});
