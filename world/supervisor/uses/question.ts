/**
 * What a supervisor thread tells the daemon's main thread of files that are about to be used.
 */
import type { FileUse, UsedFile } from '../../../lsm/framework/files/file-use.ts';

export interface ReportedUse extends Omit<FileUse, 'file'> {
  readonly file: Omit<UsedFile, 'digests'>;
  /** Of the file, in the thread's own table; good until the answer is there. */
  readonly descriptor: number;
}

export interface FileUseQuestion {
  readonly kind: 'file-use';
  readonly tid: number;
  /** Of the notification: the answer may come later, past the thread. */
  readonly id: bigint;
  /** Who asks: whose table the descriptors are in. */
  readonly thread: number;
  readonly uses: readonly ReportedUse[];
}

/** A file is there that was told of before it was made, under another key. */
export interface FileMadeQuestion {
  readonly kind: 'file-made';
  readonly was: string;
  readonly now: Pick<UsedFile, 'key' | 'ino' | 'uid' | 'gid' | 'mode'>;
}

/** `Answer.value` when the caller is answered later, by the main thread. */
export const ANSWERED_LATER = 1;
