import type { FileUseQuestion } from '../../uses/reported-use.ts';
import { type Answering, type ErrnoAnswer, ofCaller } from './question.ts';

interface FileUseAnswer extends ErrnoAnswer {
  /** The caller is answered by the main thread once its files have been read. */
  readonly later?: boolean;
}

/** The modules' decision about files that are about to be used. */
export const fileUse: Answering<FileUseQuestion, FileUseAnswer> = ofCaller(({ backend, late }, question, caller) => {
  const verdict = backend.fileUse(question, caller);
  if (typeof verdict === 'number') return { errno: verdict };
  void verdict.catch(() => 0).then((errno) => late.finish(question.id, errno));
  return { errno: 0, later: true };
});
