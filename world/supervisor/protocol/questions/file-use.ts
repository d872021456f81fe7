import type { FileUse, UsedFile } from '../../../../lsm/framework/files/file-use.ts';
import { type Answering, ofCaller, type Verdict } from './question.ts';

export interface ReportedUse extends Omit<FileUse, 'file'> {
  readonly file: Omit<UsedFile, 'digests'>;
  /** Of the file, in the thread's own table; good until the answer is there. */
  readonly descriptor: number;
}

export interface FileUseQuestion {
  readonly tid: number;
  /** Of the notification: the answer may come later, past the thread. */
  readonly id: bigint;
  /** Who asks: whose table the descriptors are in. */
  readonly thread: number;
  readonly uses: readonly ReportedUse[];
}

interface FileUseAnswer extends Verdict {
  /** The caller is answered by the main thread once its files have been read. */
  readonly later?: boolean;
}

/** Files are about to be used: may they be? */
export const fileUse: Answering<FileUseQuestion, FileUseAnswer> = ofCaller(({ backend, late }, question, caller) => {
  const verdict = backend.fileUse(question, caller);
  if (typeof verdict === 'number') return { errno: verdict };
  void verdict.catch(() => 0).then((errno) => late.finish(question.id, errno));
  return { errno: 0, later: true };
});
