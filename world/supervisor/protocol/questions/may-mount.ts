import type { Tid } from '../../../../linux/ids.ts';
import type { MountLabels } from '../../../../lsm/framework/files/inode.ts';
import { errnoAnswer, ofCaller } from './question.ts';

interface MayMount {
  readonly tid: Tid;
  readonly type: string;
  readonly labels: MountLabels;
}

/** The modules' decision about a new superblock with these label options. */
export const mayMount = ofCaller(({ backend }, { type, labels }: MayMount, caller) => {
  backend.superblocks.forgetUnmounted();
  return errnoAnswer(backend.files.mayMount(type, labels, caller));
});
