import type { Tid } from '../../../../linux/ids.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';

/** An attribute of a file, as its caller names it. */
export interface NamedXattr extends FileFacts {
  readonly tid: Tid;
  readonly name: string;
  /** The stored attribute of this name belongs to the host's kernel; the daemon keeps the world's value. */
  readonly ofHost?: boolean;
}
