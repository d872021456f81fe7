import type { InodeFacts } from '../../../../lsm/framework/files/inode.ts';
import { DONE, upToDate } from './question.ts';

interface ForgetXattrs {
  readonly inode: InodeFacts;
  readonly device: string;
}

/** An inode number was reused for a new file: attributes kept for the former one are forgotten. */
export const forgetXattrs = upToDate(({ backend }, { inode, device }: ForgetXattrs) => {
  backend.superblocks.forget(inode, device);
  return DONE;
});
