import type { FileMadeQuestion } from '../../uses/reported-use.ts';
import { DONE, upToDate } from './question.ts';

/** A file exists that was announced under a temporary key. */
export const fileMade = upToDate(({ backend }, question: FileMadeQuestion) => {
  backend.fileMade(question);
  return DONE;
});
