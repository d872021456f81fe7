import type { Tid } from '../../../../linux/ids.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';

/** An attribute of a file, as its caller names it. */
export interface NamedXattr extends FileFacts {
  readonly tid: Tid;
  readonly name: string;
  /** What is stored with files under this name is the host's: what the daemon keeps stands for it. */
  readonly ofHost?: boolean;
}
