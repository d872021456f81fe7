import type { FileMadeQuestion } from '../../uses/reported-use.ts';
import { DONE, upToDate } from './question.ts';

/** A file is there that was told of before it was made, under another key. */
export const fileMade = upToDate(({ backend }, question: FileMadeQuestion) => {
  backend.fileMade(question);
  return DONE;
});
