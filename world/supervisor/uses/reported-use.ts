/**
 * Reports of a supervisor thread to the daemon's main thread about files that are used, or made.
 */
import type { Tid } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { ContentFacts, FileUse, UsedFile, UseSettled } from '../../../lsm/framework/files/file-use.ts';
import type { InodeFacts } from '../../../lsm/framework/files/inode.ts';

/** Digests are computed by the main thread. */
export type ReportedFile = UsedFile<ContentFacts>;

export interface ReportedUse extends Omit<FileUse, 'file'> {
  readonly file: ReportedFile;
  /** Descriptor of the file in the thread's own table; valid until the answer arrives. */
  readonly descriptor: number;
}

/** What the call reads of the file's attributes once they are up to date. */
export interface AskedAttributes {
  /** Absent = the list of all names. */
  readonly name?: string;
  /** Address of the caller's buffer, low and high 32 bits. */
  readonly low: number;
  readonly high: number;
  /** 0 = only the length is asked for. */
  readonly size: number;
}

export interface FileUseQuestion {
  readonly tid: Tid;
  /** Id of the notification: the main thread may answer the caller itself, later. */
  readonly id: bigint;
  /** The asking thread, in whose table the descriptors are. */
  readonly thread: number;
  readonly uses: readonly ReportedUse[];
  /** Absent = the caller goes on with its call. */
  readonly asked?: AskedAttributes;
}

/** A use that need not be decided again while the file's counter (FileMarks) has this value. */
export interface Settlement {
  readonly settled: Exclude<UseSettled, 'no'>;
  readonly mark: number;
}

/** The decision about files that are known. */
export interface UseVerdict {
  /** Positive, or 0. */
  readonly errno: number;
  /** For each use, in order; none where it was refused. */
  readonly settlements: readonly (Settlement | undefined)[];
}

/** The decision about files that had to be read. */
export interface LateVerdict {
  /** Positive, or 0. */
  readonly errno: number;
  /** The first file, with the attributes that it has by now. */
  readonly file: FileFacts;
}

export interface FileMadeQuestion {
  readonly was: string;
  /** `key` as of {@link ContentFacts}, the others as of stat(2). */
  readonly now: Pick<ContentFacts, 'key'> & Pick<InodeFacts, 'ino' | 'uid' | 'gid'> & { readonly mode: number };
}
