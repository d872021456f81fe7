import type { MountLabels } from '../../../../lsm/framework/files/inode.ts';
import { DONE, upToDate } from './question.ts';

interface MountedWith {
  readonly device: string;
  readonly labels: MountLabels;
  /** false = detached: mountinfo does not list it yet. */
  readonly attached: boolean;
}

/** Label options of a new superblock; the mounting process may have ended. */
export const mountLabels = upToDate(({ backend }, { device, labels, attached }: MountedWith) => {
  backend.superblocks.mounted(device, labels, attached);
  return DONE;
});
