import type { Tid } from '../../../../linux/ids.ts';
import type { MountLabels } from '../../../../lsm/framework/files/inode.ts';
import { type Answer, errnoAnswer, ofCaller } from './question.ts';

interface MayMount {
  readonly tid: Tid;
  readonly type: string;
  readonly labels: MountLabels;
}

/** The modules' decision about a new superblock with these label options. Answer: what is kept of them. */
export const mayMount = ofCaller(({ backend }, { type, labels }: MayMount, caller): Answer<MountLabels> => {
  backend.superblocks.forgetUnmounted();
  const refused = backend.files.mayMount(type, labels, caller);
  return refused ? errnoAnswer(refused) : { errno: 0, value: backend.files.keptOptions(labels, caller) };
});
