/** What the mediated hooks of files are asked about, beside the files themselves. */
import type { Tgid } from '../../../linux/ids.ts';
import type { FileFacts } from '../files/file-facts.ts';
import type { NewInode } from '../files/inode.ts';
import type { OpenDescriptor } from '../files/open-descriptor.ts';

/** A new name. */
export interface NewName {
  readonly directory: FileFacts;
  readonly made: NewInode;
}

/** An open file (struct file). */
export interface OpenFile {
  readonly file: FileFacts;
  /** O_*, as of fcntl(F_GETFL). */
  readonly flags: number;
  /** The descriptor by which the task has it open, for who opened it; absent: that is not asked. */
  readonly descriptor?: OpenDescriptor | undefined;
  /** Of one that the task is about to get: from whom. */
  readonly sender?: FileSender | undefined;
}

/** Who gives a file away. */
export interface FileSender {
  /** It has the file open; with `socket` it is who SO_PEERCRED names. */
  readonly process: Tgid;
  /** Its descriptor, for who opened it: the process itself need not have. Not known of what comes through a socket. */
  readonly descriptor?: OpenDescriptor;
  /** The socket through which the file comes, by inode number. */
  readonly socket?: number;
}

/** ATTR_* of include/linux/fs.h. */
export const ATTR = {
  MODE: 1,
  UID: 2,
  GID: 4,
  SIZE: 8,
  ATIME: 0x10,
  MTIME: 0x20,
  ATIME_SET: 0x80,
  MTIME_SET: 0x100,
  TIMES_SET: 0x10000,
  /** By a descriptor. */
  FILE: 0x2000,
} as const;

/** A mapping (struct vm_area_struct). `copied`: private pages of a file were written to. */
export interface MappedArea {
  readonly executable: boolean;
  readonly shared: boolean;
  readonly copied: boolean;
  readonly use?: 'heap' | 'stack';
}
