import type { InodeFacts } from '../../../../lsm/framework/files/inode.ts';
import { DONE, upToDate } from './question.ts';

interface ForgetXattrs {
  readonly inode: InodeFacts;
  readonly device: string;
}

/** A file of this number is a new one. */
export const forgetXattrs = upToDate(({ backend }, { inode, device }: ForgetXattrs) => {
  backend.superblocks.forget(inode, device);
  return DONE;
});
