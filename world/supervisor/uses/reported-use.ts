/**
 * What a thread of the supervisor tells the daemon's main thread of files that are used, or made.
 */
import type { Tid } from '../../../linux/ids.ts';
import type { FileUse, UsedFile } from '../../../lsm/framework/files/file-use.ts';

export interface ReportedUse extends Omit<FileUse, 'file'> {
  readonly file: Omit<UsedFile, 'digests'>;
  /** Of the file, in the thread's own table; good until the answer is there. */
  readonly descriptor: number;
}

export interface FileUseQuestion {
  readonly tid: Tid;
  /** Of the notification: the answer may come later, past the thread. */
  readonly id: bigint;
  /** Who asks: whose table the descriptors are in. */
  readonly thread: number;
  readonly uses: readonly ReportedUse[];
}

export interface FileMadeQuestion {
  readonly was: string;
  readonly now: Pick<UsedFile, 'key' | 'ino' | 'uid' | 'gid' | 'mode'>;
}
