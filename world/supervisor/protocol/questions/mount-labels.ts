import type { MountLabels } from '../../../../lsm/framework/files/inode.ts';
import { DONE, upToDate } from './question.ts';

interface MountedWith {
  readonly device: string;
  readonly labels: MountLabels;
  /** false = no list of mounts has it yet. */
  readonly attached: boolean;
}

/** It was mounted, by somebody who may be gone. */
export const mountLabels = upToDate(({ backend }, { device, labels, attached }: MountedWith) => {
  backend.superblocks.mounted(device, labels, attached);
  return DONE;
});
