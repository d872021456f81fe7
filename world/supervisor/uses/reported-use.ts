/**
 * Reports of a supervisor thread to the daemon's main thread about files that are used, or made.
 */
import type { Tid } from '../../../linux/ids.ts';
import type { FileUse, UsedFile } from '../../../lsm/framework/files/file-use.ts';

export interface ReportedUse extends Omit<FileUse, 'file'> {
  readonly file: Omit<UsedFile, 'digests'>;
  /** Descriptor of the file in the thread's own table; valid until the answer arrives. */
  readonly descriptor: number;
}

export interface FileUseQuestion {
  readonly tid: Tid;
  /** Id of the notification: the main thread may answer the caller itself, later. */
  readonly id: bigint;
  /** The asking thread, in whose table the descriptors are. */
  readonly thread: number;
  readonly uses: readonly ReportedUse[];
}

export interface FileMadeQuestion {
  readonly was: string;
  readonly now: Pick<UsedFile, 'key' | 'ino' | 'uid' | 'gid' | 'mode'>;
}
