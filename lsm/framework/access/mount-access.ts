/** What the mediated hooks of mounts are asked about. */
import type { FileFacts } from '../files/file-facts.ts';

/** mount(2). */
export interface MountCall {
  readonly at: FileFacts;
  /** Of bind mounts, moves and filesystems on a device the file that is meant, else what the call names. */
  readonly source?: FileFacts | string;
  readonly type?: string;
  /** Without the magic number. */
  readonly flags: number;
  readonly data?: string;
  /** Who looks at the source or the type finds that there is none. */
  readonly fails?: 'ENOENT' | 'ENODEV';
}

/** move_mount(2). */
export interface MovedMount {
  /** Absent = a mount that is attached nowhere. */
  readonly from?: FileFacts;
  readonly to: FileFacts;
}
