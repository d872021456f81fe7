import type { Tid } from '../../../../linux/ids.ts';
import type { FileFacts } from '../../../../lsm/framework/files/file-facts.ts';

/** An attribute of a file, as its caller names it. */
export interface NamedXattr extends FileFacts {
  readonly tid: Tid;
  readonly name: string;
  /** The daemon keeps the world's value; what is stored with the file is the host's. */
  readonly kept?: boolean;
}
