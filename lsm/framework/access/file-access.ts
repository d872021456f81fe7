/** What the mediated hooks of files are asked about, beside the files themselves. */
import type { FileFacts } from '../files/file-facts.ts';
import type { NewInode } from '../files/inode.ts';

/** A new name. */
export interface NewName {
  readonly directory: FileFacts;
  readonly made: NewInode;
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
