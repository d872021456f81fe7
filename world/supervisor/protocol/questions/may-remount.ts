import type { Tid } from '../../../../linux/ids.ts';
import type { FilesystemFacts, MountLabels } from '../../../../lsm/framework/files/inode.ts';
import { errnoAnswer, ofCaller } from './question.ts';

interface MayRemount {
  readonly tid: Tid;
  readonly device: string;
  readonly filesystem: FilesystemFacts;
  readonly labels: MountLabels;
}

export const mayRemount = ofCaller(({ backend }, { device, filesystem, labels }: MayRemount, caller) => {
  const mounted = { ...filesystem, labels: backend.superblocks.options(device) };
  return errnoAnswer(backend.files.mayRemount(mounted, labels, caller));
});
